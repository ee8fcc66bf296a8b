// Where a lambda made a call whose outcome comes later, when its stack is long gone.
const FRAME = /^\s*at /;
const INTERNAL_FRAME = /\b(sandglass:|__wasm_rquickjs_builtin\/|(lp-faas|core-functions)-toolbelt:\d)|\(native\)/;

function ownFrames(stack) {
  const isOwn = (line) => FRAME.test(line) && !INTERNAL_FRAME.test(line);
  return (stack ?? '').split('\n').filter(isOwn).join('\n');
}

// The lambda's own part of the stack.
export function callSite() {
  return ownFrames(new Error().stack);
}

// Makes it an error that came about there.
export function place(error, site) {
  const value = site === '' ? `${error}` : `${error}\n${site}`;
  Object.defineProperty(error, 'stack', { value, writable: true, configurable: true });
}

// What the operation resolves to. What it fails with names the lambda's call, unless it names a
// line of the lambda already; `describe` may put another error in its place.
export async function located(operation, describe = (cause) => cause) {
  const site = callSite();
  try {
    return await operation();
  } catch (cause) {
    const error = describe(cause);
    if (error instanceof Error && ownFrames(error.stack) === '') place(error, site);
    throw error;
  }
}
