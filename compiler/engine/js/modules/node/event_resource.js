// `events.EventEmitterAsyncResource`: an emitter whose listeners run in the context that it was made in.
import { AsyncResource } from 'async_hooks';
import EventEmitter from 'events';
import { ERR_INVALID_THIS } from '__wasm_rquickjs_builtin/internal/errors';
import { validateString } from '__wasm_rquickjs_builtin/internal/validators';

class EventEmitterReferencingAsyncResource extends AsyncResource {
  constructor(emitter, type, options) {
    super(type, options);
    Object.defineProperty(this, 'eventEmitter', { get: () => emitter, enumerable: true });
  }
}

export class EventEmitterAsyncResource extends EventEmitter {
  #resource;

  constructor(options = undefined) {
    const settings = typeof options === 'string' ? { name: options } : options ?? {};
    if (new.target === EventEmitterAsyncResource && typeof options !== 'string' && settings.name !== undefined) {
      validateString(settings.name, 'options.name');
    }
    super(settings);
    const name = settings.name || new.target.name;
    this.#resource = new EventEmitterReferencingAsyncResource(this, name, settings);
  }

  static #of(emitter) {
    if (typeof emitter !== 'object' || emitter === null || !(#resource in emitter)) {
      throw new ERR_INVALID_THIS('EventEmitterAsyncResource');
    }
    return emitter.#resource;
  }

  emit(event, ...args) {
    return EventEmitterAsyncResource.#of(this).runInAsyncScope(super.emit, this, event, ...args);
  }

  emitDestroy() { EventEmitterAsyncResource.#of(this).emitDestroy(); }
  get asyncId() { return EventEmitterAsyncResource.#of(this).asyncId(); }
  get triggerAsyncId() { return EventEmitterAsyncResource.#of(this).triggerAsyncId(); }
  get asyncResource() { return EventEmitterAsyncResource.#of(this); }
}
