// change-case, strings: between conventions of names.
import { camelCase, constantCase, kebabCase, pascalCase, sentenceCase, snakeCase } from 'change-case';

export async function lambda() {
  const text = 'XMLHttp request v2.0';
  return {
    'all of them': [
      [camelCase, constantCase, kebabCase, pascalCase, sentenceCase, snakeCase].map((change) => change(text)),
      ['xmlHttpRequestV2_0', 'XML_HTTP_REQUEST_V2_0', 'xml-http-request-v2-0', 'XmlHttpRequestV2_0', 'Xml http request v2 0', 'xml_http_request_v2_0'],
    ],
    'beyond ASCII': [snakeCase('größerAlsÄpfel'), 'größer_als_äpfel'],
  };
}
