// Certificates (RFC 5280), as far as their fields, their keys and their signatures go. Whom to trust is
// nobody's question here: TLS is the host's.
import { base64Decode, hexEncode } from 'sandglass:native';
import { bufferOf, bytesOf, copyOf, isSame } from 'sandglass:crypto/bytes';
import { digest } from 'sandglass:crypto/binding/digests';
import { kKeyTypePublic, kSigEncDER, kSignJobModeVerify, kCryptoJobSync } from 'sandglass:crypto/binding/names';
import { SignJob } from 'sandglass:crypto/binding/sign';
import { bits, INTEGER, Malformed, readSequence, readValue, small } from 'sandglass:crypto/der';
import { native, openssl } from 'sandglass:crypto/errors';
import { KeyObjectHandle } from 'sandglass:crypto/key_data';
import { readSpki, writeSpki } from 'sandglass:crypto/key_formats';
import { readPem, writePem } from 'sandglass:crypto/pem';

const NAMES = {
  '550403': 'CN', '550404': 'SN', '550405': 'serialNumber', '550406': 'C', '550407': 'L', '550408': 'ST', '55040a': 'O',
  '55040b': 'OU', '55040c': 'title', '55042a': 'GN', '2a864886f70d010901': 'emailAddress',
  '0992268993f22c640119': 'DC', '0992268993f22c640101': 'UID',
};
const ALT_NAMES = '551d11', BASIC_CONSTRAINTS = '551d13', EXTENDED_USAGE = '551d25', INFO_ACCESS = '2b06010505070101';
const ACCESS_METHODS = { '2b06010505073001': 'OCSP', '2b06010505073002': 'CA Issuers' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// The hash of each algorithm that signs, by its name; Ed25519 and Ed448 have none.
const SIGNATURES = {
  '2a864886f70d010104': 'md5', '2a864886f70d010105': 'sha1', '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384', '2a864886f70d01010d': 'sha512', '2a864886f70d01010e': 'sha224',
  '2a8648ce3d0401': 'sha1', '2a8648ce3d040302': 'sha256', '2a8648ce3d040303': 'sha384', '2a8648ce3d040304': 'sha512',
  '2b6570': null, '2b6571': null,
};

function text({ tag, content }) {
  if (tag === 0x1e) return bufferOf(content.slice()).swap16().toString('utf16le');
  return bufferOf(content).toString(tag === 0x0c ? 'utf8' : 'latin1');
}

function oidText(bytes) {
  const numbers = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const first = Math.min(Math.floor(numbers[0] / 40), 2);
  return [first, numbers[0] - first * 40, ...numbers.slice(1)].join('.');
}

// `[name, value]` of each part of a distinguished name.
function nameParts(value) {
  return value.items.flatMap((set) => set.items).map((pair) => {
    const [oid, content] = pair.items;
    return [NAMES[oid.text] ?? oidText(oid.content), text(content)];
  });
}

// Each part with its value escaped (RFC 2253, section 2.4).
function nameTexts(value) {
  return nameParts(value).map(([name, part]) => `${name}=${part.replace(/[\\,+"<>;]/g, '\\$&')}`);
}

function nameText(value) {
  return nameTexts(value).join('\n');
}

function timeText({ tag, string }) {
  const year = tag === 0x17 ? (Number(string.slice(0, 2)) < 50 ? '20' : '19') + string.slice(0, 2) : string.slice(0, 4);
  const [, month, day, hour, minute, second] = /^(..)(..)(..)(..)(..)/.exec(string.slice(tag === 0x17 ? 2 : 4));
  return `${MONTHS[month - 1]} ${`${Number(day)}`.padStart(2)} ${hour}:${minute}:${second} ${year} GMT`;
}

function ipText(bytes) {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return `<invalid length=${bytes.length}>`;
  const words = [];
  for (let at = 0; at < bytes.length; at += 2) words.push((bytes[at] * 256 + bytes[at + 1]).toString(16).toUpperCase());
  return words.join(':');
}

// As RFC 8259 writes strings, and without commas, where a name could be taken for more than one.
function quoted(value, isUnicode = false) {
  if ((isUnicode ? /^[^\x00-\x1f"',\\\x7f]*$/ : /^[ !#-&(-+\--[\]-~]*$/).test(value)) return value;
  const unsafe = isUnicode ? /[\x00-\x1f,\x7f]/g : /[^ -+\--~]/g;
  const escaped = value.replace(/["\\]/g, '\\$&').replace(unsafe, (character) => (
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
  return `"${escaped}"`;
}

function altName(name) {
  const { tag, content, string } = name;
  switch (tag) {
    case 0x81: return ['email', quoted(string)];
    case 0x82: return ['DNS', quoted(string)];
    case 0x86: return ['URI', quoted(string)];
    case 0x87: return ['IP Address', ipText(content)];
    case 0xa4: return ['DirName', quoted(nameTexts(name.items[0]).reverse().join(','), true)];
    case 0x88: return ['Registered ID', oidText(content)];
    default: return ['othername', '<unsupported>'];
  }
}

function fingerprint(hash, bytes) {
  return hexEncode(digest(hash, bytes)).toUpperCase().match(/../g).join(':');
}

function matches(pattern, name, allowsWildcards) {
  const [wanted, given] = [pattern.toLowerCase(), name.toLowerCase()];
  if (wanted === given) return true;
  if (!allowsWildcards || !wanted.startsWith('*.')) return false;
  const rest = wanted.slice(1);
  return given.endsWith(rest) && !given.slice(0, -rest.length).includes('.') && given.length > rest.length;
}

class Certificate {
  constructor(bytes) {
    const [signed, algorithm, signature] = readSequence(bytes);
    const fields = signed.items;
    if (fields[0].tag === INTEGER) fields.unshift(undefined);
    const [, serial, , issuer, validity, subject, spki, ...rest] = fields;
    Object.assign(this, { bytes, signed, algorithm, signature, serial, subjectName: subject, issuerName: issuer });
    [this.notBefore, this.notAfter] = validity.items;
    this.key = readSpki(spki.whole);
    const extensions = rest.find(({ tag }) => tag === 0xa3)?.items[0].items ?? [];
    this.extensions = new Map(extensions.map(({ items }) => [items[0].text, items.at(-1).content]));
  }

  subject() { return nameText(this.subjectName); }

  issuer() { return nameText(this.issuerName); }

  #altNames() {
    const content = this.extensions.get(ALT_NAMES);
    return content === undefined ? undefined : readSequence(content);
  }

  subjectAltName() {
    return this.#altNames()?.map(altName).map(([kind, name]) => `${kind}:${name}`).join(', ');
  }

  infoAccess() {
    const content = this.extensions.get(INFO_ACCESS);
    if (content === undefined) return undefined;
    return readSequence(content).map(({ items: [method, name] }) => {
      const [kind, value] = altName(name);
      return `${ACCESS_METHODS[method.text] ?? oidText(method.content)} - ${kind}:${value}\n`;
    }).join('');
  }

  keyUsage() {
    const content = this.extensions.get(EXTENDED_USAGE);
    return content && readSequence(content).map((item) => oidText(item.content));
  }

  validFrom() { return timeText(this.notBefore); }

  validTo() { return timeText(this.notAfter); }

  fingerprint() { return fingerprint('sha1', this.bytes); }

  fingerprint256() { return fingerprint('sha256', this.bytes); }

  fingerprint512() { return fingerprint('sha512', this.bytes); }

  serialNumber() { return hexEncode(this.serial.number).toUpperCase(); }

  raw() { return bufferOf(this.bytes.slice()); }

  pem() { return writePem('CERTIFICATE', this.bytes); }

  publicKey() { return KeyObjectHandle.of(kKeyTypePublic, this.key); }

  checkCA() {
    const content = this.extensions.get(BASIC_CONSTRAINTS);
    return content !== undefined && readSequence(content)[0]?.tag === 0x01;
  }

  #names(kind, commonName) {
    const names = this.#altNames()?.filter(({ tag }) => tag === kind).map(({ string }) => string);
    if (names?.length > 0) return names;
    return nameParts(this.subjectName).filter(([name]) => name === commonName).map(([, value]) => value);
  }

  checkHost(name, flags) {
    if (name.includes('\0')) throw native('ERR_INVALID_ARG_VALUE', 'Invalid name', TypeError);
    return this.#names(0x82, 'CN').find((pattern) => matches(pattern, name, (flags & 2) === 0));
  }

  checkEmail(email) {
    return this.#names(0x81, 'emailAddress').find((known) => known === email);
  }

  checkIP(ip) {
    const names = this.#altNames() ?? [];
    return names.some(({ tag, content }) => tag === 0x87 && ipText(content) === ip.toUpperCase()) ? ip : undefined;
  }

  checkIssued(other) { return isSame(this.issuerName.whole, other.subjectName.whole); }

  checkPrivateKey({ key }) { return isSame(writeSpki(key), writeSpki(this.key)); }

  verify(handle) {
    const name = SIGNATURES[this.algorithm.items[0].text];
    if (name === undefined) return false;
    const job = new SignJob(kCryptoJobSync, kSignJobModeVerify, handle, undefined, undefined, undefined,
      this.signed.whole, name, undefined, undefined, kSigEncDER, bits(this.signature));
    return job.run()[1] === true;
  }

  getIssuerCert() { return undefined; }

  toLegacy() {
    const { key } = this;
    const legacy = {
      subject: Object.fromEntries(nameParts(this.subjectName)), issuer: Object.fromEntries(nameParts(this.issuerName)),
      subjectaltname: this.subjectAltName(), infoAccess: undefined, ca: this.checkCA(),
      modulus: key.n && hexEncode(key.n).toUpperCase(), bits: key.n && key.n.length * 8,
      exponent: key.e && `0x${small(key.e).toString(16)}`, pubkey: bufferOf(writeSpki(key)),
      valid_from: this.validFrom(), valid_to: this.validTo(), fingerprint: this.fingerprint(),
      fingerprint256: this.fingerprint256(), fingerprint512: this.fingerprint512(), ext_key_usage: this.keyUsage(),
      serialNumber: this.serialNumber(), raw: this.raw(),
    };
    return Object.fromEntries(Object.entries(legacy).filter(([, value]) => value !== undefined));
  }
}

export function parseX509(data) {
  const bytes = copyOf(data);
  try {
    const pem = readPem(bufferOf(bytes).toString('latin1'), (label) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
    return new Certificate(pem?.bytes ?? bytes.slice(0, readValue(bytes).whole.length));
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof TypeError)) throw error;
    throw openssl('0688010A', 'asn1 encoding routines', 'nested asn1 error', 'ERR_OSSL_ASN1_NESTED_ASN1_ERROR');
  }
}

// ---- SPKAC, which a browser's `keygen` once sent ----------------------------------------------------

function spkac(data) {
  const [signed, algorithm, signature] = readSequence(decoded(data));
  const [spki, challenge] = signed.items;
  return { signed, algorithm, signature, spki, challenge };
}

function decoded(data) {
  const base64 = bufferOf(bytesOf(data)).toString('latin1').replace(/^SPKAC=/, '');
  return base64Decode(base64);
}

function orNothing(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function certVerifySpkac(data) {
  return orNothing(() => {
    const { signed, algorithm, signature, spki } = spkac(data);
    const handle = KeyObjectHandle.of(kKeyTypePublic, readSpki(spki.whole));
    const job = new SignJob(kCryptoJobSync, kSignJobModeVerify, handle, undefined, undefined, undefined,
      signed.whole, SIGNATURES[algorithm.items[0].text], undefined, undefined, kSigEncDER, bits(signature));
    return job.run()[1] === true;
  }) ?? false;
}

export function certExportPublicKey(data) {
  const pem = orNothing(() => writePem('PUBLIC KEY', spkac(data).spki.whole));
  return pem === undefined ? '' : bufferOf(Uint8Array.from(pem, (character) => character.charCodeAt(0)));
}

export function certExportChallenge(data) {
  return orNothing(() => bufferOf(spkac(data).challenge.content.slice())) ?? '';
}
