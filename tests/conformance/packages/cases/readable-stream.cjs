// readable-stream, async: Node.js's streams as a package.
const { pipeline, Readable, Transform, Writable } = require('readable-stream');

exports.lambda = async () => {
  const seen = [];
  await new Promise((resolve, reject) => {
    pipeline(
      Readable.from(['a', 'b']),
      new Transform({ transform: (chunk, encoding, done) => done(null, String(chunk).toUpperCase()) }),
      new Writable({ write: (chunk, encoding, done) => { seen.push(String(chunk)); done(); } }),
      (error) => (error ? reject(error) : resolve()),
    );
  });
  const pieces = [];
  for await (const piece of Readable.from([1, 2]).map((n) => n * 2)) pieces.push(piece);
  return { 'pipes': [seen, ['A', 'B']], 'iterates': [pieces, [2, 4]] };
};
