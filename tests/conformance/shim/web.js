// How do the web platform's tests run without a window?
//
// As Node.js runs them: in the shell environment of their own harness, with the globals that it asks for, and with
// `fetch` for the files that lie beside a test.
'use strict';

const wpt = '/node/test/fixtures/wpt';

function localFetch(location) {
  return async (address) => {
    const path = new URL(address, location).pathname;
    const file = `${wpt}${path.replace('/resources/WebIDLParser.js', '/resources/webidl2/lib/webidl2.js')}`;
    if (!harness.has(file)) throw new TypeError(`the harness has no file ${path}`);
    return { ok: true, json: async () => JSON.parse(harness.text(file)), text: async () => harness.text(file) };
  };
}

module.exports.web = ({ location, title, scripts, evaluate, report, finish }) => {
  const define = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  };
  define('self', globalThis);
  define('GLOBAL', { isWindow: () => false, isShadowRealm: () => false });
  define('location', new URL(location));
  define('fetch', localFetch(location));
  if (title !== null) define('META_TITLE', title);
  const [testHarness, ...others] = scripts.map((path) => harness.text(`${wpt}${path}`));
  evaluate(testHarness);
  globalThis.add_result_callback(({ name, status, message }) => report('result', { name, status, message }));
  globalThis.add_completion_callback((tests, { status, message }) => {
    report('completion', { status, message });
    finish();
  });
  for (const script of others) evaluate(script);
};
