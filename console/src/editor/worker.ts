// Whose scripts may run beside the page? Those of this very server: the policy wants it vouched for, since
// no other text becomes a script (Trusted Types).

/** What browsers that know Trusted Types have, as far as it is needed here. */
interface TrustedTypes {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => { createScriptURL: (url: string) => unknown };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

const policy = trustedTypes?.createPolicy('sandglass-workers', { createScriptURL: ownUrl });

/** A worker of a script that lies beside the console. */
export function ownWorker(url: string): Worker {
  const trusted = (policy?.createScriptURL(url) ?? ownUrl(url)) as string;
  return new Worker(trusted, { type: 'module' });
}

/** The address, if it is one of this server's. */
export function ownUrl(url: string, here: string = location.href): string {
  const whole = new URL(url, here);
  if (whole.origin !== new URL(here).origin) {
    throw new TypeError(`${whole.href} is no script of this server`);
  }
  return whole.href;
}
