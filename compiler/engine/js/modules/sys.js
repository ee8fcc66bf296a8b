// `require('sys')`: what `util` was called once.
import util from 'util';

export default util;
