// eventemitter3, async: events.
const EventEmitter = require('eventemitter3');

exports.lambda = async () => {
  const emitter = new EventEmitter();
  const seen = [];
  emitter.on('a', function (...values) { seen.push([this.name, ...values]); }, { name: 'ctx' });
  emitter.once('a', () => seen.push('once'));
  return {
    'emits': [[emitter.emit('a', 1, 2), emitter.emit('a', 3), emitter.emit('b')], [true, true, false]],
    'calls': [seen, [['ctx', 1, 2], 'once', ['ctx', 3]]],
    'names': [[emitter.eventNames(), emitter.listenerCount('a')], [['a'], 1]],
  };
};
