// jose, crypto: JSON Web Tokens, Signatures and Keys on Web Cryptography.
import { calculateJwkThumbprint, decodeProtectedHeader, errors, importJWK, jwtVerify, SignJWT, base64url } from 'jose';

export async function lambda() {
  const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
  const token = await new SignJWT({ name: 'Ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('2h').setIssuedAt().sign(secret);
  const { payload } = await jwtVerify(token, secret);
  const forged = await jwtVerify(token, secret.slice(1)).catch((error) => error.code);
  const jwk = { kty: 'RSA', n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw', e: 'AQAB' };
  const key = await importJWK({ ...jwk, alg: 'RS256' });
  return {
    'signs and verifies': [[payload.name, payload.exp - payload.iat], ['Ada', 7200]],
    'forged': [forged, errors.JWSSignatureVerificationFailed.code],
    'headers': [decodeProtectedHeader(token), { alg: 'HS256' }],
    'thumbprints of RFC 7638': [await calculateJwkThumbprint(jwk), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    'keys': [[key.type, key.algorithm.name], ['public', 'RSASSA-PKCS1-v1_5']],
    'base64url': [base64url.encode('ä?>'), 'w6Q_Pg'],
  };
}
