// What does `require('url')` give? Node.js's own parser of before the URL standard, the standard's classes, and
// what turns URLs into paths, options and names.
import { namespace } from 'sandglass:native';
import legacy from 'sandglass:node/url';
import { URL, URLSearchParams } from 'sandglass:url';
import { domainToASCII, domainToUnicode, fileURLToPath, pathToFileURL } from 'sandglass:url/files';
import { urlToHttpOptions } from 'sandglass:url/http_options';

export const { Url, parse, resolve, resolveObject, format } = legacy;
export { URL, URLSearchParams, domainToASCII, domainToUnicode, fileURLToPath, pathToFileURL, urlToHttpOptions };

export default {
  Url,
  parse,
  resolve,
  resolveObject,
  format,
  URL,
  get URLPattern() { return namespace('sandglass:url_pattern').URLPattern; },
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  pathToFileURL,
  fileURLToPath,
  urlToHttpOptions,
};
