// The global `DOMException`: errors of the web's own kind, by the Web IDL standard.
const CODES = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5,
  NoModificationAllowedError: 7, NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10,
  InvalidStateError: 11, SyntaxError: 12, InvalidModificationError: 13, NamespaceError: 14,
  InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18, NetworkError: 19, AbortError: 20,
  URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, InvalidNodeTypeError: 24, DataCloneError: 25,
};

function constantName(name) {
  return `${name.replace(/Error$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_ERR`;
}

export class DOMException extends Error {
  // `options` is the name, or an object with the name and the cause.
  constructor(message = '', options = 'Error') {
    const { name = 'Error', ...rest } = typeof options === 'object' && options !== null ? options : { name: options };
    super(`${message}`, rest);
    Object.defineProperty(this, 'name', { value: `${name}`, writable: true, configurable: true });
  }

  get code() {
    return CODES[this.name] ?? 0;
  }

  static {
    Object.defineProperty(DOMException.prototype, Symbol.toStringTag, { value: 'DOMException', configurable: true });
    for (const [name, value] of Object.entries(CODES)) {
      const constant = { value, enumerable: true };
      Object.defineProperty(DOMException, constantName(name), constant);
      Object.defineProperty(DOMException.prototype, constantName(name), constant);
    }
  }
}

export function domException(message, name) {
  return new DOMException(message, name);
}
