// What do stories watch? Lambdas that other clients made live and invoke.

import type { Server } from './server';

/** Says what it does, and fails for order 13. */
export const CHATTY = `
function lambda(input, callback) {
  console.info('looking for', { order: input.payload.order });
  console.warn('the warehouse is slow');
  if (input.payload.order === 13) {
    console.error('order 13 does not exist');
    return callback(new Error('no such order'));
  }
  callback(null, 'found ' + input.payload.order);
}`;

/** Makes a lambda live, as another client would. */
export async function deployed(server: Server, name: string, code: string): Promise<void> {
  await server.api('POST', '/deploy', { name, code, fileName: `${name}.js` });
}

/** Invokes it from outside, so that its logs are kept; whether it fails is the lambda's affair. */
export async function invoked(server: Server, name: string, payload: unknown): Promise<void> {
  const path = `/lambdas/${name}/invoke?v=1&externalSystem=stories`;
  await server.api('POST', path, { timestamp: 0, headers: [], payload }).catch(() => undefined);
}
