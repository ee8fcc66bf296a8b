// What Node.js's own files (`js/node`) find around them: `require` for each other and for what they need of
// Node.js's inside, the language's own functions as `primordials`, and what is compiled into Node.js as
// `internalBinding`.
import { namespace } from 'sandglass:native';

const PROTOTYPES = [
  'TypedArray', 'Uint8Array', 'ArrayBuffer', 'Array', 'BigInt', 'DataView', 'Function', 'Map', 'Number', 'Object',
  'Promise', 'RegExp', 'Set', 'String', 'Symbol', 'WeakMap', 'WeakSet', 'Error', 'Date', 'Boolean',
];
const STATICS = [
  'TypedArray', 'ArrayBuffer', 'Array', 'BigInt', 'Function', 'JSON', 'Math', 'Number', 'Object', 'Promise', 'Proxy',
  'Reflect', 'String', 'Symbol', 'Uint8Array', 'Date', 'Error',
];
const { bind, call } = Function.prototype;
const uncurryThis = bind.bind(call);
const TypedArray = Object.getPrototypeOf(Uint8Array);

function owner(name) {
  return name === 'TypedArray' ? TypedArray : globalThis[name];
}

function lowered(name) {
  return name[0].toLowerCase() + name.slice(1);
}

// A prototype, or a method or a getter of it as a function of its object; `undefined` when there is none.
function fromPrototype(prototype, name) {
  if (name === '') return prototype;
  if (name.startsWith('Symbol')) {
    const method = prototype[Symbol[lowered(name.slice(6))]];
    return method && uncurryThis(method);
  }
  const getter = name.startsWith('Get') && Object.getOwnPropertyDescriptor(prototype, lowered(name.slice(3)))?.get;
  if (getter) return uncurryThis(getter);
  const method = prototype[lowered(name)];
  return typeof method === 'function' ? uncurryThis(method) : undefined;
}

function fromStatic(constructor, name) {
  const value = constructor[lowered(name)] ?? constructor[name];
  return typeof value === 'function' ? value.bind(constructor) : value;
}

class SafeArrayIterator {
  constructor(items) { this.items = items; }
  [Symbol.iterator]() { return this.items[Symbol.iterator](); }
}

const SPECIAL = {
  SafeArrayIterator,
  SafeMap: Map,
  SafeSet: Set,
  SafeWeakMap: WeakMap,
  SafeStringIterator: SafeArrayIterator,
  StringFromCharCodeApply: (codes) => String.fromCharCode(...codes),
  ArrayPrototypePushApply: (array, items) => array.push(...items),
  PromisePrototypeThen: (promise, ...rest) => promise.then(...rest),
  TypedArrayPrototypeGetSymbolToStringTag:
    uncurryThis(Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get),
  globalThis,
  uncurryThis,
};

function find(name) {
  if (Object.hasOwn(SPECIAL, name)) return SPECIAL[name];
  if (Object.hasOwn(globalThis, name)) return globalThis[name];
  for (const prefix of PROTOTYPES) {
    if (!name.startsWith(`${prefix}Prototype`)) continue;
    return fromPrototype(owner(prefix).prototype, name.slice(prefix.length + 9));
  }
  const prefix = STATICS.find((known) => name.startsWith(known));
  return prefix && fromStatic(owner(prefix), name.slice(prefix.length));
}

const found = new Map();

// By the names that Node.js gives them, such as `ArrayPrototypePush`; made when they are asked for.
export const primordials = new Proxy({}, {
  get(_target, name) {
    if (!found.has(name)) found.set(name, find(name));
    return found.get(name);
  },
});

// ---- modules -------------------------------------------------------------------------------------

const modules = new Map();

// A module that is under way: others may get what it has exported by then.
export function define(name) {
  const module = { exports: {} };
  modules.set(name, module);
  return module;
}

const INSIDE = /^internal\/crypto\/|^internal\/validators$/;

export function require(name) {
  const module = modules.get(name);
  if (module !== undefined) return module.exports;
  if (INSIDE.test(name)) return namespace(`sandglass:node/${name}`).default;
  switch (name) {
    case 'buffer': case 'stream': return namespace(name).default;
    case 'string_decoder': return namespace(name);
    case 'internal/util/types': return namespace('__wasm_rquickjs_builtin/internal/util/types');
    case 'internal/encoding': return namespace('sandglass:encoding');
    default: return namespace('sandglass:crypto/inside').inside[name];
  }
}

export function internalBinding(name) {
  switch (name) {
    case 'constants': return namespace('sandglass:crypto/constants').default;
    default: return namespace('sandglass:crypto/binding').binding;
  }
}

// The module of that name as others see it.
export function load(name) {
  return namespace(`sandglass:node/${name}`).default;
}
