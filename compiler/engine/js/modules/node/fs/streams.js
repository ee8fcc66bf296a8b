// Streams of files.
import { namespace } from 'sandglass:native';
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger } from '__wasm_rquickjs_builtin/internal/validators';
import { descriptorOf, optionsOf, pathOf } from 'sandglass:fs/arguments';
import { opened } from 'sandglass:fs/descriptors';

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
  this._fs = given.fs ?? namespace('fs').default;
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
  this._fs.open(this.path, this.flags, this.mode, (error, fd) => {
    if (error) {
      done(error);
      return;
    }
    this.fd = fd;
    done();
    this.emit('open', this.fd);
    this.emit('ready');
  });
};

ReadStream.prototype._read = function _read(size) {
  const many = Math.min(size, this.end - (this.pos ?? this.bytesRead) + 1);
  if (many <= 0) {
    this.push(null);
    return;
  }
  this._isReading = true;
  this._fs.read(this.fd, Buffer.allocUnsafeSlow(many), 0, many, this.pos, (error, count, buffer) => {
    this._isReading = false;
    if (this.destroyed) {
      this.emit('sandglass:read', error);
      return;
    }
    if (error) {
      this.destroy(error);
      return;
    }
    this.bytesRead += count;
    if (this.pos !== undefined) this.pos += count;
    // No more is kept than was read.
    this.push(count === 0 ? null : count === buffer.length ? buffer : Buffer.from(buffer.subarray(0, count)));
  });
};

ReadStream.prototype._destroy = function _destroy(error, done) {
  // What is read must be there until it was read.
  if (this._isReading) this.once('sandglass:read', (other) => closeStream(this, error ?? other, done));
  else closeStream(this, error, done);
};

function closeStream(stream, error, done) {
  const { fd, _handle: handle } = stream;
  stream.fd = null;
  if (fd === null) done(error);
  else if (handle === undefined) stream._fs.close(fd, (other) => done(error ?? other));
  else handle.close().then(() => done(error), (other) => done(error ?? other));
}

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
