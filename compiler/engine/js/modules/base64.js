// The globals `atob` and `btoa`, by the HTML standard.
import { base64Decode, base64Encode, latin1Decode, latin1Encode } from 'sandglass:native';
import { domException } from 'sandglass:dom_exception';

export function atob(data) {
  if (arguments.length === 0) throw new TypeError('The "data" argument must be specified');
  let digits = `${data}`.replace(/[\t\n\f\r ]/g, '');
  if (digits.length % 4 === 0) digits = digits.replace(/==?$/, '');
  if (digits.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(digits)) {
    throw domException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
  }
  return latin1Decode(base64Decode(digits));
}

export function btoa(data) {
  if (arguments.length === 0) throw new TypeError('The "data" argument must be specified');
  const text = `${data}`;
  if (/[^\0-\xff]/.test(text)) {
    throw domException('Invalid character', 'InvalidCharacterError');
  }
  return base64Encode(latin1Encode(text), false);
}
