// The tests of oauth-1.0a, which are for mocha.
const { suite } = require('./describe.js');

exports.lambda = suite(require('./files.js'));
