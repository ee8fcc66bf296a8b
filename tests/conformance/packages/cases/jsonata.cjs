// jsonata, data: queries and transformations of JSON.
const jsonata = require('jsonata');

exports.lambda = async () => {
  const data = { orders: [{ p: 'x', q: 2, price: 1.5 }, { p: 'y', q: 1, price: 10 }] };
  return {
    'sums': [await jsonata('$sum(orders.(q * price))').evaluate(data), 13],
    'shapes': [JSON.parse(JSON.stringify(await jsonata('orders{p: q}').evaluate(data))), { x: 2, y: 1 }],
    'times': [await jsonata('$fromMillis(0, "[Y]-[M01]-[D01]")').evaluate({}), '1970-01-01'],
    'errors': [await jsonata('$sum("x")').evaluate({}).catch((error) => error.code), 'T0412'],
  };
};
