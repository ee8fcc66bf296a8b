// `require('constants')`: the constants of `fs` and `os` side by side.
import os from 'os';
import { constants } from 'sandglass:fs/constants';

export default Object.freeze({ ...os.constants.signals, ...constants });
