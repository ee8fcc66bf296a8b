// Where do the lines come from that a test gives as an array?
'use strict';

const { Stream } = require('stream');

function ArrayStream() {
  this.run = (lines) => lines.forEach((line) => this.emit('data', `${line}\n`));
}
Object.setPrototypeOf(ArrayStream.prototype, Stream.prototype);
Object.setPrototypeOf(ArrayStream, Stream);
Object.assign(ArrayStream.prototype, {
  readable: true, writable: true, pause() {}, resume() {}, write() {},
});

module.exports = ArrayStream;
