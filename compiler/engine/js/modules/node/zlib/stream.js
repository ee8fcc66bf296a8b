// What all streams of `zlib` have in common, as in Node.js.
import { namespace } from 'sandglass:native';
import buffer from 'buffer';
import { Transform, finished } from 'stream';
import { ERR_OUT_OF_RANGE, coded } from '__wasm_rquickjs_builtin/internal/errors';
import { constants } from 'sandglass:zlib/constants';
import { isGiven, ranged } from 'sandglass:zlib/options';

const { Z_BLOCK, Z_DEFAULT_CHUNK, Z_FINISH, Z_FULL_FLUSH, Z_MIN_CHUNK, Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH } =
  constants;

// Read once, as in Node.js.
const BYTES_MAX = buffer.kMaxLength;

export const ERR_BUFFER_TOO_LARGE = coded('ERR_BUFFER_TOO_LARGE', RangeError,
  (most) => `Cannot create a Buffer larger than ${most} bytes`);

const kFlushFlag = Symbol('kFlushFlag');
const kError = Symbol('kError');
const kOwner = Symbol('owner_symbol');

function onError(message, errno, code) {
  const self = this[kOwner];
  const error = Object.assign(new Error(message), { errno, code });
  self.destroy(error);
  self[kError] = error;
}

// `bounds` are the flushes of the format: the first and the last, what is usual, last, and in full.
export function ZlibBase(options, handle, bounds) {
  let settings = options;
  let chunkSize = Z_DEFAULT_CHUNK;
  let [least, most, flush, finishFlush] = bounds;
  let maxOutputLength = BYTES_MAX;
  if (options) {
    if (isGiven(options.chunkSize, 'options.chunkSize')) {
      chunkSize = options.chunkSize;
      if (chunkSize < Z_MIN_CHUNK) throw new ERR_OUT_OF_RANGE('options.chunkSize', `>= ${Z_MIN_CHUNK}`, chunkSize);
    }
    flush = ranged(options.flush, 'options.flush', least, most, flush);
    finishFlush = ranged(options.finishFlush, 'options.finishFlush', least, most, finishFlush);
    maxOutputLength = ranged(options.maxOutputLength, 'options.maxOutputLength', 1, BYTES_MAX, BYTES_MAX);
    if (options.encoding || options.objectMode || options.writableObjectMode) {
      settings = { ...options, encoding: null, objectMode: false, writableObjectMode: false };
    }
  }
  Reflect.apply(Transform, this, [{ autoDestroy: true, ...settings }]);
  this[kError] = null;
  this.bytesWritten = 0;
  this._handle = handle;
  handle[kOwner] = this;
  handle.onerror = onError;
  this._outBuffer = Buffer.allocUnsafe(chunkSize);
  this._outOffset = 0;
  this._chunkSize = chunkSize;
  this._defaultFlushFlag = flush;
  this._finishFlushFlag = finishFlush;
  this._defaultFullFlushFlag = bounds[4];
  this._info = options && options.info;
  this._maxOutputLength = maxOutputLength;
}
Object.setPrototypeOf(ZlibBase.prototype, Transform.prototype);
Object.setPrototypeOf(ZlibBase, Transform);

Object.defineProperties(ZlibBase.prototype, {
  _closed: { get() { return !this._handle; }, configurable: true, enumerable: true },
  bytesRead: {
    get() { return bytesRead().get.call(this); },
    set(value) { bytesRead().set.call(this, value); },
    configurable: true,
    enumerable: true,
  },
});

let deprecated;

// `util`, which warns of it, is loaded by the first who asks.
function bytesRead() {
  if (deprecated === undefined) {
    const { deprecate } = namespace('util');
    deprecated = {
      get: deprecate(function get() { return this.bytesWritten; }, 'zlib.bytesRead is deprecated and will change ' +
        'its meaning in the future. Use zlib.bytesWritten instead.', 'DEP0108'),
      set: deprecate(function set(value) { this.bytesWritten = value; }, 'Setting zlib.bytesRead is deprecated. ' +
        'This feature will be removed in the future.', 'DEP0108'),
    };
  }
  return deprecated;
}

ZlibBase.prototype.reset = function reset() {
  if (!this._handle) throw new Error('zlib binding closed');
  return this._handle.reset();
};

ZlibBase.prototype._flush = function _flush(done) {
  this._transform(Buffer.alloc(0), '', done);
};

ZlibBase.prototype._final = function _final(done) {
  done();
};

// From the weakest to the strongest.
const FLUSHES = [Z_NO_FLUSH, Z_BLOCK, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH];

function stronger(one, other) {
  return FLUSHES.indexOf(one) > FLUSHES.indexOf(other) ? one : other;
}

// Empty chunks that carry a flush through the queue of what is written.
const flushChunks = [];
for (const flag of FLUSHES) {
  flushChunks[flag] = Buffer.alloc(0);
  flushChunks[flag][kFlushFlag] = flag;
}

ZlibBase.prototype.flush = function flush(kind, callback) {
  if (typeof kind === 'function' || (kind === undefined && !callback)) {
    callback = kind;
    kind = this._defaultFullFlushFlag;
  }
  if (this.writableFinished) {
    if (callback) process.nextTick(callback);
  } else if (this.writableEnded) {
    if (callback) this.once('end', callback);
  } else {
    this.write(flushChunks[kind], '', callback);
  }
};

ZlibBase.prototype.close = function close(callback) {
  if (callback) finished(this, callback);
  this.destroy();
};

ZlibBase.prototype._destroy = function _destroy(error, done) {
  closeHandle(this);
  done(error);
};

ZlibBase.prototype._transform = function _transform(chunk, encoding, done) {
  let flag = this._defaultFlushFlag;
  if (typeof chunk[kFlushFlag] === 'number') flag = chunk[kFlushFlag];
  if (this.writableEnded && this.writableLength === chunk.byteLength) flag = stronger(flag, this._finishFlushFlag);
  startChunk(this, chunk, flag, done);
};

ZlibBase.prototype._processChunk = function _processChunk(chunk, flag, done) {
  if (typeof done === 'function') return startChunk(this, chunk, flag, done);
  return processChunkSync(this, chunk, flag);
};

// All of what a chunk gives, at once; the stream is closed by it.
export function processChunkSync(self, chunk, flag) {
  let left = chunk.byteLength;
  let at = 0;
  let room = self._chunkSize - self._outOffset;
  let out = self._outBuffer;
  let offset = self._outOffset;
  const pieces = [];
  let bytes = 0;
  let error;
  self.on('error', (emitted) => { error = emitted; });
  for (;;) {
    self._handle.writeSync(flag, chunk, at, left, out, offset, room);
    if (error) throw error;
    if (self[kError]) throw self[kError];
    const [roomAfter, leftAfter] = self._writeState;
    const made = room - roomAfter;
    if (made > 0) {
      pieces.push(out.slice(offset, offset + made));
      offset += made;
      bytes += made;
      if (bytes > self._maxOutputLength) {
        closeHandle(self);
        throw new ERR_BUFFER_TOO_LARGE(self._maxOutputLength);
      }
    }
    if (roomAfter === 0 || offset >= self._chunkSize) {
      room = self._chunkSize;
      offset = 0;
      out = Buffer.allocUnsafe(self._chunkSize);
    }
    at += left - leftAfter;
    left = leftAfter;
    if (roomAfter !== 0) break;
  }
  self.bytesWritten = at;
  closeHandle(self);
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, bytes);
}

function startChunk(self, chunk, flag, done) {
  const handle = self._handle;
  if (!handle) return process.nextTick(done);
  Object.assign(handle, {
    buffer: chunk,
    cb: done,
    availOutBefore: self._chunkSize - self._outOffset,
    availInBefore: chunk.byteLength,
    inOff: 0,
    flushFlag: flag,
  });
  handle.write(flag, chunk, 0, handle.availInBefore, self._outBuffer, self._outOffset, handle.availOutBefore);
}

// Called with the handle as `this` when a step is done.
export function processCallback() {
  const handle = this;
  const self = handle[kOwner];
  const finish = () => {
    handle.buffer = null;
    handle.cb();
  };
  if (self.destroyed) return finish();
  const [roomAfter, leftAfter] = self._writeState;
  const taken = handle.availInBefore - leftAfter;
  self.bytesWritten += taken;
  const made = handle.availOutBefore - roomAfter;
  let isFull = false;
  if (made > 0) {
    const out = self._outBuffer.slice(self._outOffset, self._outOffset + made);
    self._outOffset += made;
    isFull = !self.push(out);
  }
  if (self.destroyed) return finish();
  if (roomAfter === 0 || self._outOffset >= self._chunkSize) {
    handle.availOutBefore = self._chunkSize;
    self._outOffset = 0;
    self._outBuffer = Buffer.allocUnsafe(self._chunkSize);
  }
  if (roomAfter === 0) {
    handle.inOff += taken;
    handle.availInBefore = leftAfter;
    const again = () => handle.write(handle.flushFlag, handle.buffer, handle.inOff, handle.availInBefore,
      self._outBuffer, self._outOffset, self._chunkSize);
    if (!isFull) return again();
    const read = self._read;
    self._read = (size) => {
      self._read = read;
      again();
      self._read(size);
    };
    return undefined;
  }
  // Room and input are left: the compressed data have ended, and what follows is none of theirs.
  if (leftAfter > 0) self.push(null);
  return finish();
}

// The handle is gone already after an error.
export function closeHandle(self) {
  if (!self._handle) return;
  self._handle.close();
  self._handle = null;
}
