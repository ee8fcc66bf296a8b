// The error of the second generation's toolbelt: which part of it failed, with which code.

export class ToolBeltError extends Error {
  constructor(component, code, message) {
    super(message);
    this.name = 'ToolBeltError';
    this.component = component;
    this.code = code;
  }
}

// Makes of whatever a part fails with an error of that part; what is one already stays.
export function failing(component, code, tell = told) {
  return (cause) => (cause instanceof ToolBeltError ? cause : new ToolBeltError(component, code, tell(cause)));
}

export function told({ name, message }) {
  return `${name}: ${message}`;
}

// `fetch` says that it failed, and its cause says why; `tell` is for other errors.
export function withCause(error, tell = told) {
  return error.cause?.message === undefined ? tell(error) : `${error.message}. Cause: ${error.cause.message}`;
}
