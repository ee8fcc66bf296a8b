// Reads its own files in all the ways that there are, and says what came of each. Node.js runs it as well.
const fs = require('fs');
const path = require('path');
const { readFile: later } = require('fs/promises');
const { promisify } = require('util');
const { pathToFileURL } = require('url');
const { pipeline } = require('stream/promises');

const file = (...names) => path.join(__dirname, ...names);
const text = async (stream) => Buffer.concat(await stream.toArray()).toString();
const called = (call, ...args) => new Promise((resolve, reject) => {
  call(...args, (error, ...answers) => (error ? reject(error) : resolve(answers)));
});
const kinds = (entry) => [entry.name, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()];

const probes = {
  'its name': () => [path.basename(__filename), fs.existsSync(__dirname), fs.existsSync(file('none'))],
  bytes: () => fs.readFileSync(file('mail/logo.bin')).toString('hex'),
  text: () => fs.readFileSync(file('mail/hello.html'), 'utf8'),
  'text by options': () => fs.readFileSync(file('mail/hello.html'), { encoding: 'latin1', flag: 'r' }),
  'an URL': () => fs.readFileSync(pathToFileURL(file('mail/hello.html')), 'utf8'),
  'a path of bytes': () => fs.readFileSync(Buffer.from(file('mail/hello.html')), 'utf8'),
  'from where it stands': () => fs.readFileSync(path.relative(process.cwd(), file('mail/hello.html')), 'utf8'),
  'a callback': () => called(fs.readFile, file('mail/hello.html'), 'utf8'),
  'a promise': () => later(file('mail/hello.html'), 'utf8'),
  JSON: () => JSON.parse(fs.readFileSync(file('prices.json'))).tea,
  required: () => require('./prices.json').tea,
  stat: () => {
    const stats = fs.statSync(file('mail/hello.html'));
    return [stats.size, stats.isFile(), stats.isDirectory(), stats instanceof fs.Stats, stats.mtime instanceof Date];
  },
  'stat in big numbers': () => typeof fs.statSync(file('mail'), { bigint: true }).mtimeNs,
  'stat of nothing': () => fs.statSync(file('none'), { throwIfNoEntry: false }),
  'a folder': () => fs.readdirSync(file('mail')),
  'a folder and all below': () => fs.readdirSync(file('mail'), { recursive: true }).sort(),
  'entries of a folder': () => fs.readdirSync(file('mail'), { withFileTypes: true }).map(kinds),
  'an opened folder': async () => {
    const names = [];
    for await (const entry of await fs.promises.opendir(file('mail'))) names.push(entry.name);
    return names.sort();
  },
  realpath: () => path.relative(__dirname, fs.realpathSync(file('mail/../mail/./de'))),
  access: () => [fs.accessSync(file('prices.json'), fs.constants.R_OK) ?? null],
  descriptors: () => {
    const fd = fs.openSync(file('mail/hello.html'));
    const buffer = Buffer.alloc(8);
    const counts = [fs.readSync(fd, buffer, 0, 4), fs.readSync(fd, buffer, 4, 4), fs.readSync(fd, buffer, { position: 1, length: 3 })];
    const size = fs.fstatSync(fd).size;
    const rest = fs.readFileSync(fd, 'utf8');
    fs.closeSync(fd);
    return [counts, buffer.toString(), size, rest];
  },
  'read by a promise': async () => {
    const fd = fs.openSync(file('mail/hello.html'));
    const { bytesRead, buffer } = await promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 1);
    const vectors = await promisify(fs.readv)(fd, [Buffer.alloc(2), Buffer.alloc(2)], 0);
    await called(fs.close, fd);
    return [bytesRead, buffer.toString(), vectors.bytesRead, vectors.buffers.join()];
  },
  'a handle': async () => {
    const handle = await fs.promises.open(file('mail/hello.html'));
    const first = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const { size } = await handle.stat();
    const lines = [];
    for await (const line of handle.readLines()) lines.push(line);
    await handle.close();
    return [first.bytesRead, size, lines];
  },
  'a stream': () => text(fs.createReadStream(file('mail/hello.html'))),
  'a part of a stream': () => text(fs.createReadStream(file('mail/hello.html'), { start: 2, end: 5, highWaterMark: 3 })),
  'a stream of text': async () => (await fs.createReadStream(file('mail/hello.html'), 'utf8').toArray()).join(''),
  'a large stream': async () => {
    const sizes = [];
    const stream = fs.createReadStream(file('large.txt'));
    await pipeline(stream, async (chunks) => { for await (const chunk of chunks) sizes.push(chunk.length); });
    return [sizes, stream.bytesRead];
  },
  'a stream tells': async () => {
    const heard = [];
    const stream = fs.createReadStream(file('prices.json'));
    for (const name of ['open', 'ready', 'end', 'close']) stream.on(name, (fd) => heard.push([name, typeof fd]));
    stream.resume();
    await new Promise((resolve) => { stream.on('close', resolve); });
    return heard;
  },
  'a blob': async () => (await fs.openAsBlob(file('prices.json'))).text(),
  nothing: () => fs.readFileSync(file('none')),
  'nothing later': () => called(fs.readFile, file('none')),
  'nothing by a promise': () => later(file('mail', 'none', 'x')),
  'nothing as a stream': () => text(fs.createReadStream(file('none'))),
  'below a file': () => fs.readFileSync(file('prices.json', 'x')),
  'a file with a slash': () => fs.statSync(`${file('prices.json')}/`),
  'a folder as a file': () => fs.readFileSync(file('mail')),
  'a file as a folder': () => fs.readdirSync(file('prices.json')),
  'no link': () => fs.readlinkSync(file('prices.json')),
  'no folder to open': () => fs.promises.opendir(file('none')),
  'an empty path': () => fs.readFileSync(''),
  'no path': () => fs.readFileSync({}),
  'a path with a zero': () => fs.readFileSync('a\u0000b'),
  'no encoding': () => fs.readFileSync(file('prices.json'), 'utf-9'),
  'no flags': () => fs.openSync(file('prices.json'), 'q'),
  'no descriptor': () => fs.readSync('3', Buffer.alloc(1)),
  'a closed descriptor': () => fs.fstatSync(2000),
  'no callback': () => fs.readFile(file('prices.json')),
  'too much': () => fs.readSync(3, Buffer.alloc(2), 0, 3, 0),
  'a reversed stream': () => fs.createReadStream(file('prices.json'), { start: 3, end: 2 }),
};

// What differs by where the folder lies.
const moved = (message) => message.replaceAll(__dirname === '/' ? /'\//g : `${__dirname}/`, __dirname === '/' ? "'" : '');

async function answer(probe) {
  try {
    return (await probe()) ?? null;
  } catch ({ name, code, message, syscall, errno }) {
    return { name, code, message: moved(message), syscall, errno };
  }
}

async function lambda() {
  const answers = {};
  for (const [name, probe] of Object.entries(probes)) answers[name] = await answer(probe);
  return answers;
}

module.exports = { lambda };
