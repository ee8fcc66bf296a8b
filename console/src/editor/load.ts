// When does Monaco come? When the first editor opens, once.

export type Monaco = typeof import('./monaco');

let loading: Promise<Monaco> | undefined;

export function loadMonaco(): Promise<Monaco> {
  loading ??= import('./monaco');
  return loading;
}
