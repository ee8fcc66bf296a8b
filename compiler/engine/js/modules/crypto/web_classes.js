// The globals `CryptoKey` and `SubtleCrypto`.
import { load } from 'sandglass:crypto/loader';

export const { CryptoKey, SubtleCrypto } = load('internal/crypto/webcrypto');
