// The older name of a class of `stream`, which some packages still require.
import Stream from 'stream';

export default Stream.PassThrough;
