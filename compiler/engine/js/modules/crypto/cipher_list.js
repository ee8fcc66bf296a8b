// Which ciphers there are, by which names, and what each takes.

// OpenSSL's numbers of the modes of AES, for keys of 128, 192 and 256 bits.
const AES = {
  ecb: { nids: [418, 422, 426], block: 16, iv: 0 },
  cbc: { nids: [419, 423, 427], block: 16, iv: 16 },
  ofb: { nids: [420, 424, 428], block: 1, iv: 16 },
  cfb: { nids: [421, 425, 429], block: 1, iv: 16 },
  ctr: { nids: [904, 905, 906], block: 1, iv: 16 },
  gcm: { nids: [895, 898, 901], block: 1, iv: 12 },
  ccm: { nids: [896, 899, 902], block: 1, iv: 12 },
  ocb: { nids: [958, 959, 960], block: 16, iv: 12 },
};
const WRAPS = {
  wrap: { nids: [788, 789, 790], iv: 8, shown: (bits) => `id-aes${bits}-wrap` },
  'wrap-pad': { nids: [897, 900, 903], iv: 4, shown: (bits) => `id-aes${bits}-wrap-pad` },
};

const CIPHERS = new Map();
const ALIASES = new Map();

function add(name, cipher, ...aliases) {
  CIPHERS.set(name, { name, ...cipher });
  for (const alias of aliases) ALIASES.set(alias, name);
}

[128, 192, 256].forEach((bits, at) => {
  for (const [mode, { nids, block, iv }] of Object.entries(AES)) {
    const isId = mode === 'gcm' || mode === 'ccm';
    const name = isId ? `id-aes${bits}-${mode}` : `aes-${bits}-${mode}`;
    const aliases = isId ? [`aes-${bits}-${mode}`] : mode === 'cbc' ? [`aes${bits}`] : [];
    add(name, { cipher: 'aes', mode, nid: nids[at], key: bits / 8, block, iv }, ...aliases);
  }
  for (const [mode, { nids, iv, shown }] of Object.entries(WRAPS)) {
    const aliases = mode === 'wrap' ? [`aes${bits}-wrap`, `aes-${bits}-wrap`] : [`aes${bits}-wrap-pad`];
    add(shown(bits), { cipher: 'aes', mode, nid: nids[at], key: bits / 8, block: 8, iv }, ...aliases);
  }
});
add('des-ede3', { cipher: 'des-ede3', mode: 'ecb', nid: 33, key: 24, block: 8, iv: 0 }, 'des-ede3-ecb');
add('des-ede3-cbc', { cipher: 'des-ede3', mode: 'cbc', nid: 44, key: 24, block: 8, iv: 8 }, 'des3');
add('id-smime-alg-cms3deswrap', { cipher: 'des-ede3', mode: 'des-wrap', nid: 246, key: 24, block: 8, iv: 0 }, 'des3-wrap');
add('chacha20', { cipher: 'chacha20', mode: 'stream', nid: 1019, key: 32, block: 1, iv: 16 });
add('chacha20-poly1305', { cipher: 'chacha20', mode: 'poly1305', nid: 1018, key: 32, block: 1, iv: 12 });

// As `getCiphers` lists them: the wraps without the names that are aliases only of ours.
export function getCiphers() {
  return [...CIPHERS.keys(), ...ALIASES.keys()].sort();
}

export function findCipher(nameOrNid) {
  if (typeof nameOrNid === 'number') return [...CIPHERS.values()].find(({ nid }) => nid === nameOrNid);
  const name = nameOrNid.toLowerCase();
  return CIPHERS.get(ALIASES.get(name) ?? name);
}

const SHOWN_MODES = { 'wrap-pad': 'wrap', 'des-wrap': 'wrap', poly1305: 'stream' };
const AUTHENTICATED = ['gcm', 'ccm', 'ocb', 'poly1305'];

export function isAuthenticated({ mode }) {
  return AUTHENTICATED.includes(mode);
}

function takesIv({ mode, iv }, length) {
  switch (mode) {
    case 'ccm': return length >= 7 && length <= 13;
    case 'gcm': return length > 0;
    case 'ocb': return length >= 1 && length <= 15;
    case 'poly1305': return length >= 1 && length <= 12;
    default: return length === iv;
  }
}

export function getCipherInfo(info, nameOrNid, keyLength, ivLength) {
  const found = findCipher(nameOrNid);
  if (found === undefined) return undefined;
  if (keyLength !== undefined && keyLength !== found.key) return undefined;
  if (ivLength !== undefined && !takesIv(found, ivLength)) return undefined;
  info.mode = SHOWN_MODES[found.mode] ?? found.mode;
  info.name = found.name;
  info.nid = found.nid;
  if (info.mode !== 'stream') info.blockSize = found.block;
  if (found.iv !== 0) info.ivLength = ivLength ?? found.iv;
  info.keyLength = found.key;
  return info;
}
