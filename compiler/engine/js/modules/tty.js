// `require('tty')`: there is no terminal.

function closed(name) {
  return { [name]: class {
    constructor() {
      throw new Error(`a lambda has no terminal: tty.${name} cannot be made`);
    }
  } }[name];
}

export const isatty = () => false;
export const ReadStream = closed('ReadStream');
export const WriteStream = closed('WriteStream');

export default { isatty, ReadStream, WriteStream };
