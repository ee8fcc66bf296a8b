// form-data, http: bodies of several parts.
const http = require('http');
const FormData = require('form-data');

exports.lambda = async ({ payload }) => {
  const form = new FormData();
  form.append('a', 'ä');
  form.append('file', Buffer.from('data'), { filename: 'x.txt', contentType: 'text/plain' });
  const boundary = form.getBoundary();
  const body = form.getBuffer().toString().replaceAll(boundary, 'B');
  const sent = new FormData();
  sent.append('a', 'b');
  const answer = await new Promise((resolve, reject) => {
    const request = http.request(`${payload.url}/echo`, { method: 'POST', headers: sent.getHeaders() }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
    sent.pipe(request);
  });
  return {
    'parts': [body, '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nä\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\ndata\r\n--B--\r\n'],
    'the length': [form.getLengthSync(), Buffer.byteLength(form.getBuffer())],
    'is piped': [[answer.type.split(';')[0], answer.body.includes('name="a"\r\n\r\nb')], ['multipart/form-data', true]],
  };
};
