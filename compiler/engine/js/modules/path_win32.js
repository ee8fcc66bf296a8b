// `require('path/win32')`: Windows' paths, which are texts here.
import path from 'path';

export default path.win32;
