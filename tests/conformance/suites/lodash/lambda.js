// The tests of lodash, which are one file for QUnit.
const { suite } = require('./qunit.js');

exports.lambda = suite({
  tests: () => require('./node_modules/lodash-source/test/test.js'),
  lodash: () => require('./node_modules/lodash-source/lodash.js'),
  stable: () => require('./node_modules/lodash/lodash.js'),
  again: () => require('./node_modules/lodash-again/lodash.js'),
  qunit: () => require('qunit-extras'),
});
