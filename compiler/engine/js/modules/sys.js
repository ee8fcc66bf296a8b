// `require('sys')`: the older name of `util`.
import util from 'util';

export default util;
