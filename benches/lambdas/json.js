// A document of 1 MB such as services send: a list of orders. It is parsed and written so many times; the same text
// runs in the peer.
const orders = Array.from({ length: 3_860 }, (_, index) => ({
  id: `order-${index}`,
  customer: { name: `Customer ${index % 97}`, email: `customer.${index % 97}@example.com`, vip: index % 7 === 0 },
  lines: [1, 2, 3].slice(index % 3).map((line) => ({ sku: `SKU-${index * line}`, quantity: line, price: index * 1.25 + line })),
  note: index % 5 === 0 ? 'Leave it at the door – “thanks”\n' : null,
  createdAt: '2026-11-30T12:00:00.000Z',
}));
const text = JSON.stringify(orders);

const operations = {
  parse: () => JSON.parse(text).length,
  stringify: () => JSON.stringify(orders).length,
};

function work(operation, count) {
  let sum = 0;
  for (let round = 0; round < count; round += 1) sum += operations[operation]();
  return sum % 4_294_967_296;
}

function lambda(input, callback) {
  callback(null, work(input.payload.operation, input.payload.count));
}
