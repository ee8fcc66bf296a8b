// How an answer becomes a value or an error: request-promise's `simple`, `transform`,
// `resolveWithFullResponse` and their defaults.
import { RequestError, StatusCodeError, TransformError } from 'sandglass:toolbelt/errors';

// A promise whose `catch` may name the errors that it is for, as in `catch(TypeError, handle)`.
export class Settled extends Promise {
  static get [Symbol.species]() {
    return Settled;
  }

  catch(...filters) {
    const handle = filters.pop();
    if (filters.length === 0) return super.catch(handle);
    return super.catch((error) => {
      if (filters.some((filter) => matches(error, filter))) return handle(error);
      throw error;
    });
  }
}

function matches(error, filter) {
  if (typeof filter !== 'function') return Object.keys(filter).every((key) => error?.[key] === filter[key]);
  return filter === Error || filter.prototype instanceof Error ? error instanceof filter : filter(error);
}

function headersOnly(body, response, full) {
  return full ? response : response.headers;
}

// Fills in the options by which the outcome is decided; errors show them like this.
export function complete(options) {
  if (typeof options.method === 'string') options.method = options.method.toUpperCase();
  options.transform ||= options.method === 'HEAD' ? headersOnly : undefined;
  options.simple = options.simple !== false;
  options.resolveWithFullResponse = options.resolveWithFullResponse === true;
  options.transform2xxOnly = options.transform2xxOnly === true;
}

export function failed(call, cause) {
  return new RequestError(cause, call);
}

// The value of a finished request. Throws what the promise shall be rejected with.
export async function outcome(call, response, body) {
  const { transform, transform2xxOnly, simple, resolveWithFullResponse: full } = call.options;
  const isSuccess = /^2/.test(String(response.statusCode));
  const isTransformed = typeof transform === 'function' && (isSuccess || !transform2xxOnly);
  let result = full ? response : body;
  if (isTransformed) {
    try {
      result = await transform(body, response, full);
    } catch (cause) {
      throw new TransformError(cause, call, response);
    }
  }
  if (simple && !isSuccess) {
    throw new StatusCodeError(response.statusCode, body, call, isTransformed ? result : response);
  }
  return result;
}
