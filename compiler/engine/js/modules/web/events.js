// The globals `Event`, `CustomEvent` and `EventTarget`, by the DOM standard without a tree: an event
// has one target.
import { coded } from 'sandglass:coded';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };

// Set by the classes below: what they do for each other and nobody else can.
let runListeners;
let trust;
let readListeners;

export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #target = null;
  #isTrusted = false;
  #isRunning = false;
  #isInPassiveListener = false;
  #isCanceled = false;
  #isPropagationStopped = false;
  #isStopped = false;
  #timeStamp = globalThis.performance.now();

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw coded(TypeError, 'ERR_MISSING_ARGS', 'The "type" argument must be specified');
    const { bubbles, cancelable, composed } = options ?? {};
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
    this.#composed = Boolean(composed);
  }

  get type() { return this.#type; }
  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get composed() { return this.#composed; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#isRunning ? this.#target : null; }
  get eventPhase() { return this.#isRunning ? PHASES.AT_TARGET : PHASES.NONE; }
  get isTrusted() { return this.#isTrusted; }
  get timeStamp() { return this.#timeStamp; }
  get defaultPrevented() { return this.#isCanceled; }
  get returnValue() { return !this.#isCanceled; }
  get cancelBubble() { return this.#isPropagationStopped; }

  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }

  composedPath() {
    return this.#isRunning ? [this.#target] : [];
  }

  preventDefault() {
    if (this.#cancelable && !this.#isInPassiveListener) this.#isCanceled = true;
  }

  stopPropagation() {
    this.#isPropagationStopped = true;
  }

  stopImmediatePropagation() {
    this.#isPropagationStopped = true;
    this.#isStopped = true;
  }

  [INSPECT](depth, options, inspect) {
    const { type, defaultPrevented, cancelable, timeStamp } = this;
    return `${this.constructor.name} ${inspect({ type, defaultPrevented, cancelable, timeStamp }, options)}`;
  }

  #run(target, listeners) {
    if (this.#isRunning) {
      throw coded(Error, 'ERR_EVENT_RECURSION', `The event "${this.#type}" is already being dispatched`);
    }
    this.#target = target;
    this.#isRunning = true;
    for (const listener of listeners) {
      if (this.#isStopped && !listener.isInsistent) continue;
      this.#isInPassiveListener = listener.passive;
      listener.call(target, this);
    }
    this.#isRunning = false;
    this.#isInPassiveListener = false;
    this.#isPropagationStopped = false;
    this.#isStopped = false;
    return !this.#isCanceled;
  }

  static {
    runListeners = (event, target, listeners) => event.#run(target, listeners);
    trust = (event) => { event.#isTrusted = true; };
    Object.defineProperty(Event.prototype, Symbol.toStringTag, { value: 'Event', configurable: true });
    for (const [name, value] of Object.entries(PHASES)) {
      Object.defineProperty(Event, name, { value, enumerable: true });
      Object.defineProperty(Event.prototype, name, { value, enumerable: true });
    }
  }
}

export class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() { return this.#detail; }

  static {
    Object.defineProperty(CustomEvent.prototype, Symbol.toStringTag, { value: 'CustomEvent', configurable: true });
  }
}

// An option of listeners that are called no matter who stops an event.
export const INSISTENT = Symbol('insistent');

// One entry of a target's list. An error that it throws fails the lambda, and the others still run.
class Listener {
  isRemoved = false;

  constructor(target, type, callback, { capture, once, passive, isInsistent }) {
    Object.assign(this, { target, type, callback, capture, once: Boolean(once), passive: Boolean(passive), isInsistent });
  }

  call(target, event) {
    if (this.isRemoved) return;
    if (this.once) target.removeEventListener(this.type, this.callback, this);
    try {
      const { callback } = this;
      if (typeof callback === 'function') callback.call(target, event);
      else callback.handleEvent(event);
    } catch (error) {
      globalThis.queueMicrotask(() => { throw error; });
    }
  }
}

function isCapture(options) {
  return Boolean(typeof options === 'object' ? options?.capture : options);
}

function listenerOptions(options) {
  if (typeof options !== 'object' || options === null) return { capture: isCapture(options) };
  const { once, passive, signal } = options;
  return { capture: isCapture(options), once, passive, signal, isInsistent: options[INSISTENT] === true };
}

export class EventTarget {
  #listeners = new Map();

  addEventListener(type, callback, options = undefined) {
    const settings = listenerOptions(options);
    const { signal, capture } = settings;
    if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "options.signal" property must be an AbortSignal.');
    }
    if (callback === null || callback === undefined || signal?.aborted) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "listener" argument must be an instance of EventListener.');
    }
    const name = `${type}`;
    const listeners = this.#of(name);
    if (listeners.some((other) => other.callback === callback && other.capture === capture)) return;
    this.#listeners.set(name, [...listeners, new Listener(this, name, callback, settings)]);
    signal?.addEventListener('abort', () => this.removeEventListener(name, callback, settings), { once: true });
  }

  removeEventListener(type, callback, options = undefined) {
    const capture = isCapture(options);
    const listeners = this.#of(`${type}`);
    const removed = listeners.find((other) => other.callback === callback && other.capture === capture);
    if (removed === undefined) return;
    removed.isRemoved = true;
    this.#listeners.set(removed.type, listeners.filter((other) => other !== removed));
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "event" argument must be an instance of Event.');
    }
    return runListeners(event, this, this.#of(event.type));
  }

  #of(type) {
    return this.#listeners.get(type) ?? [];
  }

  static {
    readListeners = (target, type) => target.#of(type);
    Object.defineProperty(EventTarget.prototype, Symbol.toStringTag, { value: 'EventTarget', configurable: true });
  }
}

// The callbacks of a target, for `events.getEventListeners`.
export function listenersOf(target, type) {
  return readListeners(target, type).map(({ callback }) => callback);
}

// Dispatches an event of the engine's own.
export function dispatchTrusted(target, event) {
  trust(event);
  target.dispatchEvent(event);
}
