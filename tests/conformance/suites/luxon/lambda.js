// The tests of luxon, which are for jest.
const { suite } = require('./describe.js');

exports.lambda = suite(require('./files.js'), require('expect').expect);
