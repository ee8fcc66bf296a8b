// Where a lambda made a call whose outcome comes later, when its stack is long gone.
const INTERNAL_FRAME = /\b(sandglass:|__wasm_rquickjs_builtin\/|lp-faas-toolbelt:\d)|\(native\)/;

// The lambda's own part of the stack.
export function callSite() {
  const frames = (new Error().stack ?? '').split('\n');
  return frames.filter((frame) => !INTERNAL_FRAME.test(frame)).join('\n');
}
