// fflate, compression: deflate, gzip and zip archives.
import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

export async function lambda() {
  const archive = zipSync({ 'a.txt': strToU8('ä'), dir: { 'b.txt': strToU8('b'.repeat(500)) } });
  return {
    'there and back': [strFromU8(gunzipSync(gzipSync(strToU8('text'.repeat(100))))).length, 400],
    'archives': [Object.entries(unzipSync(archive)).map(([name, bytes]) => [name, bytes.length]), [['a.txt', 2], ['dir/', 0], ['dir/b.txt', 500]]],
  };
}
