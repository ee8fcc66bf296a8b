// What is there to look at in the pictures? A server that has been in use.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** Asks two places at once, one that nobody allowed, and then orders. */
const STOCK = (shop: string) => `// How many parcels can be sent today?
const { Toolbelt } = require('lp-faas-toolbelt');

async function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  const json = { json: true, simple: false };
  const shop = '${shop}';
  console.debug('asking the warehouses', input.payload);
  try {
    const [hamburg, berlin] = await Promise.all([
      http(shop + '/stock/hamburg', json),
      http(shop + '/stock/berlin', json),
    ]);
    const { cents = 490 } = await http('https://prices.example.com/parcel', json);
    if (cents === 490) console.warn('no price, so it is the usual one', { cents });
    const parcels = hamburg.parcels + berlin.parcels;
    console.info('counted the parcels', { hamburg, berlin, parcels });
    const order = await http.post(shop + '/orders', { ...json, body: { parcels } });
    callback(null, { order: order.id, parcels, total: (parcels * cents) / 100 });
  } catch (error) {
    callback(error);
  }
}
`;

/** What lambdas of the pictures talk with; it ends with the process. */
async function shop(): Promise<string> {
  const answers: Record<string, [number, unknown]> = {
    '/stock/hamburg': [45, { parcels: 12, shelf: 'A7' }],
    '/stock/berlin': [120, { parcels: 7, shelf: 'C2' }],
    '/orders': [70, { id: 'A-1042' }],
  };
  const listener = createServer((asked, answer) => {
    const [waits, body] = answers[asked.url ?? ''] ?? [0, {}];
    setTimeout(() => {
      answer.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    }, waits);
  });
  listener.unref();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return `http://localhost:${(listener.address() as AddressInfo).port}`;
}

const filled = new WeakSet<Server>();

/** Fills a server as people would have, once: lambdas, invocations, a schedule, an app, a user. */
export async function fill(server: Server): Promise<void> {
  if (filled.has(server)) return;
  filled.add(server);
  const host = await shop();
  await server.api('PUT', `/whitelist/${encodeURIComponent(host)}`);
  await server.api('PUT', '/secrets/WAREHOUSE_TOKEN', { value: 'open-sesame-1234' });
  await server.api('POST', '/deploy', { name: 'stock', code: STOCK(host), fileName: 'stock.js' });
  const first = ORDERS.replace(
    "console.warn('the warehouse is slow', { waitedMs: 840 })",
    'return',
  );
  for (const code of [first, ORDERS]) {
    await server.api('POST', '/deploy', { name: 'orders', code, fileName: 'orders.js' });
  }
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
