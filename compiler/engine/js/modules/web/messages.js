// The globals `MessageChannel`, `MessagePort`, `MessageEvent` and `BroadcastChannel`, between the parts of one sandbox.
import { Event, EventTarget } from 'sandglass:events';
import { domException } from 'sandglass:dom_exception';
import { structuredClone } from 'sandglass:structured_clone';

export class MessageEvent extends Event {
  #init;

  constructor(type, init = {}) {
    super(type, init);
    this.#init = { data: null, origin: '', lastEventId: '', source: null, ports: [], ...init };
  }

  get data() { return this.#init.data; }
  get origin() { return this.#init.origin; }
  get lastEventId() { return this.#init.lastEventId; }
  get source() { return this.#init.source; }
  get ports() { return this.#init.ports; }
}

// A target with a property such as `onmessage` for each of these events.
function withHandlers(Base, types) {
  const type = class extends Base {};
  for (const name of types) {
    const handlers = new WeakMap();
    Object.defineProperty(type.prototype, `on${name}`, {
      get() { return handlers.get(this) ?? null; },
      set(handler) {
        const old = handlers.get(this);
        if (old) this.removeEventListener(name, old);
        handlers.delete(this);
        if (typeof handler !== 'function') return;
        handlers.set(this, handler);
        this.addEventListener(name, handler);
        if (name === 'message') this.start?.();
      },
      configurable: true,
      enumerable: true,
    });
  }
  return type;
}

// What is sent: a copy, and the ports that go along.
function packed(value, options) {
  const transfer = Array.isArray(options) ? options : [...(options?.transfer ?? [])];
  const ports = transfer.filter((item) => item instanceof MessagePort);
  const sent = structuredClone({ value, ports }, { transfer });
  return { data: sent.value, ports: sent.ports };
}

// Set by the class below.
let entangle;
// A new port in the place of one that is sent, which is of no use from then on.
export let movePort;
const listeners = new WeakMap();

export class MessagePort extends withHandlers(EventTarget, ['message', 'messageerror', 'close']) {
  #other;
  #waiting = [];
  #isStarted = false;
  #isClosed = false;
  #isMoved = false;

  constructor(key) {
    super();
    if (key !== entangle) throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_CONSTRUCT_CALL_INVALID' });
  }

  postMessage(value, options) {
    if (arguments.length === 0) throw new TypeError('The "message" argument must be specified');
    const message = packed(value, options);
    if (message.ports.includes(this)) throw domException('Transfer list contains source port', 'DataCloneError');
    if (!this.#isClosed && this.#other !== undefined) this.#other.#receive(message);
  }

  start() {
    this.#isStarted = true;
    for (const message of this.#waiting.splice(0)) this.#deliver(message);
  }

  close() {
    if (this.#isClosed || this.#other === undefined) return;
    for (const port of [this, this.#other]) {
      port.#isClosed = true;
      setImmediate(() => port.dispatchEvent(new Event('close')));
    }
  }

  ref() {}
  unref() {}
  hasRef() { return false; }

  // As an emitter of Node.js, whose listeners get the data themselves.
  on(type, listener) {
    const heard = (event) => listener.call(this, type === 'message' ? event.data : event);
    listeners.set(listener, heard);
    this.addEventListener(type, heard);
    if (type === 'message') this.start();
    return this;
  }

  once(type, listener) {
    return this.on(type, (data) => {
      this.off(type, listener);
      listener.call(this, data);
    });
  }

  off(type, listener) {
    this.removeEventListener(type, listeners.get(listener) ?? listener);
    return this;
  }

  #receive(message) {
    if (this.#isClosed) return;
    if (this.#isStarted) this.#deliver(message);
    else this.#waiting.push(message);
  }

  #deliver({ data, ports }) {
    setImmediate(() => {
      if (!this.#isClosed) this.dispatchEvent(new MessageEvent('message', { data, ports }));
    });
  }

  static {
    entangle = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
    movePort = (port) => {
      if (port.#isMoved) throw domException('MessagePort was handed over already.', 'DataCloneError');
      const moved = new MessagePort(entangle);
      moved.#waiting = port.#waiting;
      moved.#isClosed = port.#isClosed;
      if (port.#other !== undefined) entangle(moved, port.#other);
      port.#other = undefined;
      port.#isMoved = true;
      return moved;
    };
    MessagePort.prototype.addListener = MessagePort.prototype.on;
    MessagePort.prototype.removeListener = MessagePort.prototype.off;
  }
}

export class MessageChannel {
  constructor() {
    this.port1 = new MessagePort(entangle);
    this.port2 = new MessagePort(entangle);
    entangle(this.port1, this.port2);
  }
}

const channels = new Map();

export class BroadcastChannel extends withHandlers(EventTarget, ['message', 'messageerror']) {
  #name;
  #isClosed = false;

  constructor(name) {
    if (arguments.length === 0) throw new TypeError('The "name" argument must be specified');
    super();
    this.#name = `${name}`;
    if (!channels.has(this.#name)) channels.set(this.#name, new Set());
    channels.get(this.#name).add(this);
  }

  get name() { return this.#name; }

  postMessage(value) {
    if (this.#isClosed) throw domException('BroadcastChannel is closed.', 'InvalidStateError');
    const data = structuredClone(value);
    for (const other of channels.get(this.#name)) {
      if (other === this) continue;
      setImmediate(() => {
        if (!other.#isClosed) other.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }));
      });
    }
  }

  close() {
    this.#isClosed = true;
    channels.get(this.#name).delete(this);
  }

  ref() { return this; }
  unref() { return this; }
}

for (const type of [MessageEvent, MessagePort, MessageChannel, BroadcastChannel]) {
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}
