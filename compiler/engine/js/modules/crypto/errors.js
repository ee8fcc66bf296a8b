// The coded errors of `crypto`: those of Node.js's own files, those of what is compiled into Node.js, and a
// few of OpenSSL's.
import * as common from '__wasm_rquickjs_builtin/internal/errors';

const { coded } = common;

function say(text) {
  return (...words) => text.replace(/%s/g, () => words.shift());
}

const OWN = {
  ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED: [Error, 'Custom engines not supported by this OpenSSL'],
  ERR_CRYPTO_ECDH_INVALID_FORMAT: [TypeError, 'Invalid ECDH format: %s'],
  ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY: [Error, 'Public key is not valid for specified curve'],
  ERR_CRYPTO_ENGINE_UNKNOWN: [Error, 'Engine "%s" was not found'],
  ERR_CRYPTO_FIPS_FORCED: [Error, 'Cannot set FIPS mode, it was forced with --force-fips at startup.'],
  ERR_CRYPTO_HASH_FINALIZED: [Error, 'Digest already called'],
  ERR_CRYPTO_HASH_UPDATE_FAILED: [Error, 'Hash update failed'],
  ERR_CRYPTO_INCOMPATIBLE_KEY: [Error, 'Incompatible %s: %s'],
  ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS: [Error, 'The selected key encoding %s %s.'],
  ERR_CRYPTO_INVALID_DIGEST: [TypeError, 'Invalid digest: %s'],
  ERR_CRYPTO_INVALID_JWK: [TypeError, 'Invalid JWK data'],
  ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE: [TypeError, 'Invalid key object type %s, expected %s.'],
  ERR_CRYPTO_INVALID_STATE: [Error, 'Invalid state for operation %s'],
  ERR_CRYPTO_SCRYPT_INVALID_PARAMETER: [Error, 'Invalid scrypt parameter'],
  ERR_CRYPTO_SCRYPT_NOT_SUPPORTED: [Error, 'Scrypt algorithm not supported'],
  ERR_CRYPTO_SIGN_KEY_REQUIRED: [Error, 'No key provided to sign'],
  ERR_ILLEGAL_CONSTRUCTOR: [TypeError, 'Illegal constructor'],
  ERR_INCOMPATIBLE_OPTION_PAIR: [TypeError, 'Option "%s" cannot be used in combination with option "%s"'],
  ERR_MISSING_OPTION: [TypeError, '%s is required'],
  ERR_UNKNOWN_SIGNAL: [TypeError, 'Unknown signal: %s'],
  ERR_OPERATION_FAILED: [Error, 'Operation failed: %s'],
  ERR_WORKER_UNSUPPORTED_OPERATION: [TypeError, '%s is not supported in workers'],
};

const made = new Map();

// Node.js's error classes by their codes, made when they are asked for.
export const codes = new Proxy({}, {
  get(_target, code) {
    if (!made.has(code)) {
      const own = OWN[code];
      const Class = own === undefined ? common[code] : coded(code, own[0], say(own[1]));
      if (Class !== undefined) Class.HideStackFramesError = Class;
      made.set(code, Class);
    }
    return made.get(code);
  },
});

export function hideStackFrames(check) {
  check.withoutStackTrace = check;
  return check;
}

// An error as what is compiled into Node.js throws it: with a code, and without it in its stack.
export function native(code, message, Type = Error) {
  const error = new Type(message);
  error.code = code;
  return error;
}

// An error of OpenSSL 3 by its text, `error:<number>:<library>::<reason>`.
export function openssl(number, library, reason, code = `ERR_OSSL_${reason.toUpperCase().replace(/[ -]/g, '_')}`) {
  const error = new Error(`error:${number}:${library}::${reason}`);
  return Object.assign(error, { library, reason, code });
}

export const invalidDigest = (name) => native('ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`, TypeError);
export const invalidCurve = () => native('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name', TypeError);
export const failed = (what) => native('ERR_CRYPTO_OPERATION_FAILED', what);
export const unsupported = (what) => native('ERR_CRYPTO_UNSUPPORTED_OPERATION', what ?? 'Unsupported crypto operation');
