// Bodies of several parts: `formData` as the form-data package writes it, and `multipart`.
import { randomFill } from 'sandglass:native';
import { get, has, set } from 'sandglass:toolbelt/headers';
import { toBytes } from 'sandglass:toolbelt/body';

const TYPES = {
  css: 'text/css', csv: 'text/csv', gif: 'image/gif', gz: 'application/gzip', htm: 'text/html',
  html: 'text/html', jpeg: 'image/jpeg', jpg: 'image/jpeg', js: 'application/javascript',
  json: 'application/json', md: 'text/markdown', mp3: 'audio/mpeg', mp4: 'video/mp4',
  pdf: 'application/pdf', png: 'image/png', svg: 'image/svg+xml', txt: 'text/plain',
  wav: 'audio/x-wav', webp: 'image/webp', xml: 'application/xml', zip: 'application/zip',
};

function digits(count) {
  return Array.from(randomFill(count), (byte) => byte % 10).join('');
}

function guessType(fileName) {
  return TYPES[/\.([^.]+)$/.exec(fileName)?.[1].toLowerCase()] ?? 'application/octet-stream';
}

function sendable(value) {
  if (typeof value === 'string' || ArrayBuffer.isView(value)) return value;
  if (typeof value === 'number') return String(value);
  throw new Error('form-data: a value must be a string, a number or a Buffer');
}

function field(name, entry) {
  const wrapped = typeof entry === 'object' && entry !== null
    && Object.hasOwn(entry, 'value') && Object.hasOwn(entry, 'options');
  const value = sendable(wrapped ? entry.value : entry);
  const options = (wrapped ? entry.options : undefined) ?? {};
  const details = typeof options === 'string' ? { filename: options } : options;
  const path = details.filepath?.replaceAll('\\', '/');
  const fileName = path ?? details.filename?.replace(/^.*\//, '');
  const type = details.contentType
    ?? (fileName !== undefined ? guessType(fileName) : typeof value === 'object' ? 'application/octet-stream' : undefined);
  const file = fileName === undefined ? '' : `; filename="${fileName}"`;
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return [`Content-Disposition: form-data; name="${name}"${file}\r\n${typeLine}\r\n`, value, '\r\n'];
}

export function applyFormData(request, formData) {
  const boundary = `--------------------------${digits(24)}`;
  const parts = [];
  for (const [name, values] of Object.entries(formData)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      parts.push(`--${boundary}\r\n`, ...field(name, value));
    }
  }
  parts.push(`--${boundary}--\r\n`);
  request.body = toBytes(parts);
  if (!has(request.headers, 'content-type')) {
    set(request.headers, 'content-type', `multipart/form-data; boundary=${boundary}`);
  }
}

export function applyMultipart(request, multipart, { preambleCRLF, postambleCRLF }) {
  const parts = multipart.data ?? multipart;
  if (typeof parts.forEach !== 'function') throw new Error('Argument error, options.multipart.');
  const boundary = chooseBoundary(request.headers);
  const chunks = preambleCRLF ? ['\r\n'] : [];
  parts.forEach((part) => {
    if (part.body === undefined) throw new Error('Body attribute missing in multipart.');
    const lines = Object.keys(part).filter((key) => key !== 'body').map((key) => `${key}: ${part[key]}\r\n`);
    chunks.push(`--${boundary}\r\n${lines.join('')}\r\n`, sendable(part.body), '\r\n');
  });
  chunks.push(`--${boundary}--`, ...(postambleCRLF ? ['\r\n'] : []));
  request.body = toBytes(chunks);
}

function chooseBoundary(headers) {
  const type = get(headers, 'content-type');
  const boundary = digits(36);
  if (type === undefined || !type.includes('multipart')) {
    set(headers, 'content-type', `multipart/related; boundary=${boundary}`);
  } else if (type.includes('boundary')) {
    return type.replace(/.*boundary=([^\s;]+).*/, '$1');
  } else {
    set(headers, 'content-type', `${type}; boundary=${boundary}`);
  }
  return boundary;
}
