// What is there to look at in the pictures? A server that has been in use.

import type { Server } from './server';

const ORDERS = `
function lambda(input, callback) {
  const { order } = input.payload;
  console.info('looking for order ' + order, { order, warehouse: 'Hamburg' });
  let sum = 0;
  for (let i = 0; i < order * 2000; i += 1) sum += i;
  if (order % 5 === 0) console.warn('the warehouse is slow', { waitedMs: 840 });
  if (order % 9 === 0) {
    console.error('order ' + order + ' does not exist');
    return callback(new Error('there is no order ' + order));
  }
  callback(null, { order, sum });
}`;

/** Fills a server as people would have: lambdas, invocations, a schedule, an app, a user. */
export async function fill(server: Server): Promise<void> {
  await server.api('POST', '/deploy', { name: 'orders', code: ORDERS, fileName: 'orders.js' });
  for (let order = 1; order <= 40; order += 1) await invoke(server, 'orders', { order });
  for (let index = 0; index < 12; index += 1) await invoke(server, 'hello-world', {});
  const broken = { name: 'returns', version: -1, description: 'Takes parcels back' };
  const implementation = {
    code: 'function lambda(input, callback) {\n  callback(null, parcels.length);\n}\nparcels.sort();\n',
    dependencies: [],
    environmentVariables: [{ key: 'WAREHOUSE', value: 'Hamburg' }],
  };
  await server.api('POST', '/lambdas', { ...broken, implementation });
  await server.api('POST', '/deployments/returns');
  await server.api('POST', '/schedules', { lambdaUUID: 'orders', cronExpression: '30 6 * * 1-5' });
  await server.api('POST', '/apps', {
    client_name: 'Web shop',
    grant_types: ['client_credentials'],
  });
  const ada = { loginName: 'ada', displayName: 'Ada', permissions: ['developer'] };
  await server.api('POST', '/users', { ...ada, password: 'correct horse battery' });
}

async function invoke(server: Server, name: string, payload: unknown): Promise<void> {
  const path = `/lambdas/${name}/invoke?v=1&externalSystem=pictures`;
  await server.api('POST', path, { timestamp: 0, headers: [], payload }).catch(() => undefined);
}
