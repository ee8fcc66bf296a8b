// jszip, compression: zip archives.
const JSZip = require('jszip');

exports.lambda = async () => {
  const zip = new JSZip();
  zip.file('a.txt', 'hello');
  zip.folder('dir').file('b.txt', 'b'.repeat(1000));
  const bytes = await zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE' });
  const again = await JSZip.loadAsync(bytes);
  return {
    'names': [Object.keys(again.files), ['a.txt', 'dir/', 'dir/b.txt']],
    'contents': [[await again.file('a.txt').async('string'), (await again.file('dir/b.txt').async('nodebuffer')).length], ['hello', 1000]],
    'smaller': [bytes.length < 600, true],
  };
};
