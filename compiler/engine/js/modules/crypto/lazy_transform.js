// A transform stream that becomes one when it is used as one: most hashes never are, and streams are large.
import { namespace } from 'sandglass:native';

function transform() {
  return namespace('stream').default.Transform;
}

export function LazyTransform(options) {
  this._options = options;
}

// Stands where the prototype of streams belongs until somebody looks further than here.
const placeholder = new Proxy({}, {
  get(_target, name, receiver) { return Reflect.get(settle(), name, receiver); },
  has(_target, name) { return name in settle(); },
  getPrototypeOf() { return settle(); },
  set(_target, name, value, receiver) {
    Object.defineProperty(receiver, name, { value, writable: true, configurable: true, enumerable: true });
    return true;
  },
});

function settle() {
  const { prototype } = transform();
  if (Object.getPrototypeOf(LazyTransform.prototype) === placeholder) {
    Object.setPrototypeOf(LazyTransform.prototype, prototype);
    Object.setPrototypeOf(LazyTransform, transform());
  }
  return prototype;
}

Object.setPrototypeOf(LazyTransform.prototype, placeholder);

function state(name) {
  return {
    get() {
      settle();
      transform().call(this, this._options);
      this._writableState.decodeStrings = false;
      if (!this._options?.defaultEncoding) this._writableState.defaultEncoding = 'utf8';
      return this[name];
    },
    set(value) {
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    },
    configurable: true,
    enumerable: true,
  };
}

Object.defineProperties(LazyTransform.prototype, {
  _readableState: state('_readableState'),
  _writableState: state('_writableState'),
});
