// bcryptjs, crypto: hashes of passwords.
const bcrypt = require('bcryptjs');

exports.lambda = async () => {
  const hash = await bcrypt.hash('secret', 4);
  return {
    'a known hash': [bcrypt.hashSync('', '$2a$06$DCq7YPn5Rq63x1Lad4cll.'), '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.'],
    'compares': [[await bcrypt.compare('secret', hash), await bcrypt.compare('Secret', hash)], [true, false]],
    'fresh salts': [bcrypt.genSaltSync(4) !== bcrypt.genSaltSync(4), true],
    'rounds': [bcrypt.getRounds(hash), 4],
  };
};
