// Work that Node.js does on another thread where it is asked to, and that the host does for us: the caller of
// an asynchronous job hears of it in a later turn.
export const ASYNC = 0;
export const SYNC = 1;

export class Job {
  constructor(mode) {
    this._mode = mode;
  }

  run() {
    const result = this.#attempt();
    if (this._mode === SYNC) return result;
    globalThis.setImmediate(() => this.ondone(...result));
    return undefined;
  }

  #attempt() {
    try {
      return [undefined, this._compute()];
    } catch (error) {
      return [error, undefined];
    }
  }
}

// A class of jobs: `prepare` may throw at once, and gives what is computed when the job runs.
export function job(prepare) {
  return class extends Job {
    constructor(mode, ...options) {
      super(mode);
      this._compute = prepare(...options);
    }
  };
}
