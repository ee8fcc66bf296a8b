// axios, http: requests with interceptors, over the sandbox's own http.
const axios = require('axios');

exports.lambda = async ({ payload }) => {
  const client = axios.create({ baseURL: payload.url, headers: { 'x-test': 'yes' } });
  client.interceptors.request.use((config) => ({ ...config, params: { ...config.params, added: 1 } }));
  const posted = await client.post('/echo', { a: 'ä' }, { params: { q: [1, 2] } });
  const form = await client.post('/echo', new URLSearchParams({ a: 'b c' }));
  const refused = await client.get('/status/404').catch((error) => error);
  return {
    'posts JSON': [posted.data, { method: 'POST', target: '/echo?q[]=1&q[]=2&added=1', type: 'application/json', test: 'yes', body: '{"a":"ä"}' }],
    'posts forms': [[form.data.type.split(';')[0], form.data.body], ['application/x-www-form-urlencoded', 'a=b+c']],
    'errors': [[refused.isAxiosError, refused.response.status, refused.message], [true, 404, 'Request failed with status code 404']],
    'redirects': [(await client.get('/redirect')).data.target, '/echo'],
    'streams': [(await client.get('/echo', { responseType: 'arraybuffer' })).data.length > 10, true],
  };
};
