// Node.js's coded errors, with those that only streams throw.
import { coded } from '__wasm_rquickjs_builtin/internal/errors';

export * from '__wasm_rquickjs_builtin/internal/errors';

export class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

// One error for two, where the second came while the first was dealt with.
export function aggregateTwoErrors(inner, outer) {
  if (!inner || !outer || inner === outer) return inner || outer;
  if (Array.isArray(outer.errors)) {
    outer.errors.push(inner);
    return outer;
  }
  return Object.assign(new AggregateError([outer, inner], outer.message), { code: outer.code });
}

export const ERR_METHOD_NOT_IMPLEMENTED = coded('ERR_METHOD_NOT_IMPLEMENTED', Error,
  (name) => `The ${name} method is not implemented`);
export const ERR_MULTIPLE_CALLBACK = coded('ERR_MULTIPLE_CALLBACK', Error, () => 'Callback called multiple times');
export const ERR_STREAM_ALREADY_FINISHED = coded('ERR_STREAM_ALREADY_FINISHED', Error,
  (name) => `Cannot call ${name} after a stream was finished`);
export const ERR_STREAM_CANNOT_PIPE = coded('ERR_STREAM_CANNOT_PIPE', Error, () => 'Cannot pipe, not readable');
export const ERR_STREAM_DESTROYED = coded('ERR_STREAM_DESTROYED', Error,
  (name) => `Cannot call ${name} after a stream was destroyed`);
export const ERR_STREAM_NULL_VALUES = coded('ERR_STREAM_NULL_VALUES', TypeError,
  () => 'May not write null values to stream');
export const ERR_STREAM_PREMATURE_CLOSE = coded('ERR_STREAM_PREMATURE_CLOSE', Error, () => 'Premature close');
export const ERR_STREAM_PUSH_AFTER_EOF = coded('ERR_STREAM_PUSH_AFTER_EOF', Error, () => 'stream.push() after EOF');
export const ERR_STREAM_UNSHIFT_AFTER_END_EVENT = coded('ERR_STREAM_UNSHIFT_AFTER_END_EVENT', Error,
  () => 'stream.unshift() after end event');
export const ERR_STREAM_WRITE_AFTER_END = coded('ERR_STREAM_WRITE_AFTER_END', Error, () => 'write after end');
