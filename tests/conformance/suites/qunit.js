// How does lodash's own test file run, which is written for QUnit?
//
// In the QUnit that it asks for, as a lambda that runs every so many-th of its tests: all of them are too much for one
// sandbox. What the file looks for beside itself it finds as globals, where it looks first.
'use strict';

const { completed, failed, passed } = require('./told.js');

// What the file takes for its page: that lodash is one whole file.
const ui = { buildPath: '../lodash.js', loaderPath: '', isModularize: false, isStrict: false, urlParams: {} };

// Registers only those tests of the file whose turn it is.
function divide(QUnit, { slice, slices }) {
  const { test } = QUnit;
  let number = 0;
  QUnit.test = (...args) => {
    if (number++ % slices === slice) test.apply(QUnit, args);
  };
}

function tell(QUnit) {
  let problems = [];
  QUnit.testStart(() => { problems = []; });
  QUnit.log(({ result, message, expected, actual }) => {
    if (!result) problems.push(`${message ?? 'it does not hold'}: ${String(actual)}, not ${String(expected)}`);
  });
  QUnit.testDone(({ module, name, failed: count }) => {
    if (count === 0) passed(`${module} > ${name}`);
    else failed(`${module} > ${name}`, problems[0]);
  });
}

// The file loads lodash once more, by a name that it computes, to see how it does among broken built-in functions.
function loads(again) {
  const { require } = globalThis;
  globalThis.require = Object.assign((name) => (name === ui.buildPath ? again() : require(name)), { cache: {} });
}

exports.suite = ({ tests, lodash, stable, again, qunit }) => ({ payload }, callback) => {
  loads(again);
  Object.assign(globalThis, { QUnit: qunit(), ui, _: lodash(), lodashStable: stable() });
  divide(QUnit, payload);
  tell(QUnit);
  // QUnit's reporter ends the process when all is done.
  process.exit = () => {};
  QUnit.done(() => completed(callback));
  tests();
};
