// `require('util/types')`.
import { types } from 'util';

export default types;
