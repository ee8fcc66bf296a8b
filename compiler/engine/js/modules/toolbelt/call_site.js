// Where a lambda made a call whose outcome comes later, when its stack is long gone.
const INTERNAL_FRAME = /\b(sandglass:|__wasm_rquickjs_builtin\/|(lp-faas|core-functions)-toolbelt:\d)|\(native\)/;

function ownFrames(stack) {
  return (stack ?? '').split('\n').filter((frame) => !INTERNAL_FRAME.test(frame)).join('\n');
}

// The lambda's own part of the stack.
export function callSite() {
  return ownFrames(new Error().stack);
}

// What the operation resolves to. What it fails with names the lambda's call, unless it names a
// line of the lambda already; `describe` may put another error in its place.
export async function located(operation, describe = (cause) => cause) {
  const site = callSite();
  try {
    return await operation();
  } catch (cause) {
    const error = describe(cause);
    if (error instanceof Error && ownFrames(error.stack).trim() === '') {
      Object.defineProperty(error, 'stack', { value: site, writable: true, configurable: true });
    }
    throw error;
  }
}
