// The tests of jsonwebtoken, which are for mocha and for a clock that can be stopped.
const { suite } = require('./describe.js');

const run = suite(require('./files.js'));
exports.lambda = (input, callback) => {
  require('./node_modules/jsonwebtoken/test/util/fakeDate.js');
  run(input, callback);
};
