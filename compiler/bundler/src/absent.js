// What stands in a package for a module of Node.js that cannot work in a sandbox: packages ask for many
// that they use only elsewhere. Asking for it works; whatever is used of it throws, and says what to do.
const REFUSED = Object.freeze({ name: NAME, instead: INSTEAD });

function absent(path) {
  const refuse = () => {
    const error = new Error(`'${path}' cannot work in a sandbox: ${REFUSED.instead}`);
    throw Object.assign(error, { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
  };
  return new Proxy(function () {}, {
    apply: refuse,
    construct: refuse,
    get(target, key, receiver) {
      if (typeof key === 'symbol' || key === 'then' || key === '__esModule' || key in target) {
        return Reflect.get(target, key, target);
      }
      return key === 'default' ? receiver : absent(`${path}.${key}`);
    },
  });
}

// What is true of these modules also here.
const isIPv4 = (text) => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text);
const isIPv6 = (text) => /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
const KNOWN = {
  cluster: { isMaster: true, isPrimary: true, isWorker: false },
  http2: { constants: {} },
  module: { builtinModules: [], createRequire: () => require },
  net: { isIPv4, isIPv6, isIP: (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0) },
  // Of which packages look at a first one when they are loaded.
  tls: { rootCertificates: [], TLSSocket: function TLSSocket() { return absent('tls.TLSSocket'); } },
  tty: { isatty: () => false },
  worker_threads: { isMainThread: true, parentPort: null, threadId: 0, workerData: null },
};

// Its prototype is the one that refuses, so that a copy of it, as an `import` makes one, refuses too.
module.exports = Object.assign(Object.create(absent(REFUSED.name)), KNOWN[REFUSED.name]);
