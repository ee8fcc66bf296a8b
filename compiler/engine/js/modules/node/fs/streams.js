// Streams of files.
import { namespace } from 'sandglass:native';
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger } from '__wasm_rquickjs_builtin/internal/validators';
import { descriptorOf, optionsOf, pathOf } from 'sandglass:fs/arguments';
import { close, opened, read } from 'sandglass:fs/descriptors';

const CHUNK = 64 * 1024;
const { Readable, Writable } = namespace('stream').default;

// The number of a descriptor, which may be inside of a `FileHandle`.
function numberOf(fd) {
  return typeof fd === 'object' && fd !== null ? fd.fd : descriptorOf(fd);
}

export function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  const given = optionsOf(options);
  const { start, end = Infinity } = given;
  if (start !== undefined) validateInteger(start, 'start', 0);
  if (end !== Infinity) validateInteger(end, 'end', 0);
  if (start !== undefined && start > end) throw new ERR_OUT_OF_RANGE('start', `<= "end" (here: ${end})`, start);
  this.fd = given.fd === undefined || given.fd === null ? null : numberOf(given.fd);
  this.path = this.fd === null ? pathOf(path) : path ?? undefined;
  this.flags = given.flags ?? 'r';
  this.mode = given.mode ?? 0o666;
  this.start = start;
  this.end = end;
  this.pos = start;
  this.bytesRead = 0;
  this._handle = typeof given.fd === 'object' ? given.fd : undefined;
  Readable.call(this, { highWaterMark: CHUNK, emitClose: true, ...given, autoDestroy: given.autoClose ?? true });
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);

Object.defineProperties(ReadStream.prototype, {
  autoClose: {
    get() { return this._readableState.autoDestroy; },
    set(value) { this._readableState.autoDestroy = value; },
    configurable: true,
  },
  pending: { get() { return this.fd === null; }, configurable: true },
});

ReadStream.prototype._construct = function _construct(done) {
  if (this.fd !== null) {
    done();
    return;
  }
  try {
    this.fd = opened(this.path, this.flags);
  } catch (error) {
    done(error);
    return;
  }
  done();
  this.emit('open', this.fd);
  this.emit('ready');
};

// Later, as a disk answers: a reader has had the chunk before.
ReadStream.prototype._read = function _read(size) {
  setImmediate(() => {
    if (!this.destroyed) pushNext(this, size);
  });
};

function pushNext(stream, size) {
  const many = Math.min(size, stream.end - (stream.pos ?? stream.bytesRead) + 1);
  if (many <= 0) {
    stream.push(null);
    return;
  }
  let buffer = Buffer.allocUnsafeSlow(many);
  try {
    const count = read(stream.fd, buffer, 0, many, stream.pos);
    buffer = buffer.subarray(0, count);
  } catch (error) {
    stream.destroy(error);
    return;
  }
  stream.bytesRead += buffer.length;
  if (stream.pos !== undefined) stream.pos += buffer.length;
  stream.push(buffer.length === 0 ? null : buffer);
}

ReadStream.prototype._destroy = function _destroy(error, done) {
  const { fd, _handle: handle } = this;
  this.fd = null;
  if (fd === null) {
    done(error);
    return;
  }
  if (handle !== undefined) {
    handle.close().then(() => done(error), (other) => done(error ?? other));
    return;
  }
  try {
    close(fd);
  } catch (other) {
    done(error ?? other);
    return;
  }
  done(error);
};

ReadStream.prototype.close = function (callback) {
  if (typeof callback === 'function') namespace('stream').default.finished(this, callback);
  this.destroy();
};

// It ends with what opening the file says, or with what writing says of a file that is open for reading.
export function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  const given = optionsOf(options);
  this.fd = given.fd === undefined || given.fd === null ? null : numberOf(given.fd);
  this.path = this.fd === null ? pathOf(path) : path ?? undefined;
  this.flags = given.flags ?? 'w';
  this.bytesWritten = 0;
  if (given.start !== undefined && typeof given.start !== 'number') throw new ERR_INVALID_ARG_TYPE('start', 'number', given.start);
  Writable.call(this, { decodeStrings: true, emitClose: true, ...given });
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);

WriteStream.prototype._construct = function _construct(done) {
  try {
    if (this.fd === null) this.fd = opened(this.path, this.flags);
  } catch (error) {
    done(error);
    return;
  }
  done();
};

WriteStream.prototype._write = function _write(_chunk, _encoding, done) {
  done(Object.assign(new Error('EBADF: bad file descriptor, write'), { errno: -9, code: 'EBADF', syscall: 'write' }));
};

WriteStream.prototype.close = function (callback) {
  if (typeof callback === 'function') namespace('stream').default.finished(this, callback);
  this.end();
};
