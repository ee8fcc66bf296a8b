// Key objects.
import { arrayBufferOf, bytesOf } from 'sandglass:crypto/bytes';
import { job } from 'sandglass:crypto/job';
import { KeyObjectHandle } from 'sandglass:crypto/key_data';
import { writePkcs8, writeSpki } from 'sandglass:crypto/key_formats';
import { kWebCryptoKeyFormatPKCS8, kWebCryptoKeyFormatRaw } from 'sandglass:crypto/binding/names';

export { KeyObjectHandle };

export function createNativeKeyObjectClass(make) {
  return make(class NativeKeyObject {});
}

function raw(key) {
  return bytesOf(key.type === 'ec' ? key.point : key.x).slice();
}

function exportJob(format, handle) {
  return () => {
    const { key } = handle;
    switch (format) {
      case kWebCryptoKeyFormatRaw: return arrayBufferOf(raw(key));
      case kWebCryptoKeyFormatPKCS8: return arrayBufferOf(writePkcs8(key));
      default: return arrayBufferOf(writeSpki(key));
    }
  };
}

export const RSAKeyExportJob = job(exportJob);
export const ECKeyExportJob = job(exportJob);
