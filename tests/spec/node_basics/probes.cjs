// What Node.js and a lambda are both asked, module by module. A probe gives JSON, or promises it.
const assert = require('assert');
const { EventEmitter, once } = require('events');
const path = require('path');
const querystring = require('querystring');
const { StringDecoder } = require('string_decoder');
const timers = require('timers');
const timersPromises = require('timers/promises');
const url = require('url');
const util = require('util');

// What a function throws or what its promise is rejected with, as far as programs look at it.
function thrown(act) {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return [error.name, error.code, error.message];
  }
}

async function rejected(promise) {
  return promise.then(() => 'nothing', (error) => [error.name, error.code, error.message]);
}

// Runs what notes its steps in `steps` out of a timer, so that no promise job is under way.
function fromTimer(act, milliseconds) {
  return new Promise((resolve) => {
    const steps = [];
    setTimeout(() => act((step) => steps.push(step)), 1);
    setTimeout(() => resolve(steps), milliseconds);
  });
}

const events = {
  emit_calls_each_listener_in_order_with_its_arguments() {
    const emitter = new EventEmitter();
    const heard = [];
    emitter.on('a', (...values) => heard.push(['first', values]));
    emitter.addListener('a', function second() { heard.push(['second', this === emitter]); });
    return [emitter.emit('a', 1, 'x', null), emitter.emit('b'), heard];
  },
  once_hears_once() {
    const emitter = new EventEmitter();
    let heard = 0;
    emitter.once('a', () => { heard += 1; });
    return [emitter.emit('a'), emitter.emit('a'), heard];
  },
  off_removes_one_registration() {
    const emitter = new EventEmitter();
    let heard = 0;
    const listen = () => { heard += 1; };
    emitter.on('a', listen).on('a', listen).off('a', listen).removeListener('a', () => {});
    emitter.emit('a');
    return [heard, emitter.listenerCount('a')];
  },
  listeners_are_counted_and_named() {
    const emitter = new EventEmitter();
    const symbol = Symbol('s');
    emitter.on('a', () => {}).on('a', () => {}).once(symbol, () => {});
    const before = [emitter.listenerCount('a'), emitter.listenerCount('b'), emitter.eventNames().map(String)];
    emitter.removeAllListeners('a');
    return [before, emitter.listenerCount('a'), emitter.rawListeners(symbol).length, EventEmitter.defaultMaxListeners,
      emitter.getMaxListeners()];
  },
  a_listener_may_be_put_first() {
    const emitter = new EventEmitter();
    const heard = [];
    emitter.on('a', () => heard.push('last'));
    emitter.prependListener('a', () => heard.push('second'));
    emitter.prependOnceListener('a', () => heard.push('first'));
    emitter.emit('a');
    emitter.emit('a');
    return heard;
  },
  an_error_that_nobody_hears_is_thrown() {
    const emitter = new EventEmitter();
    const heard = new EventEmitter();
    heard.on('error', () => {});
    return [thrown(() => emitter.emit('error', new RangeError('unheard'))), thrown(() => emitter.emit('error', 'text')),
      thrown(() => emitter.emit('error')), thrown(() => heard.emit('error', new Error('heard')))];
  },
  new_and_removed_listeners_are_told() {
    const emitter = new EventEmitter();
    const told = [];
    emitter.on('newListener', (name) => told.push(`+${name}`));
    emitter.on('removeListener', (name) => told.push(`-${name}`));
    const listen = () => {};
    emitter.on('a', listen).off('a', listen);
    return told;
  },
  a_listener_is_a_function() {
    return thrown(() => new EventEmitter().on('a', 'text'));
  },
  async once_promises_the_arguments() {
    const emitter = new EventEmitter();
    const first = once(emitter, 'a');
    emitter.emit('a', 1, 'x');
    const failing = once(emitter, 'a');
    emitter.emit('error', new TypeError('before'));
    return [await first, await rejected(failing), emitter.listenerCount('a'), emitter.listenerCount('error')];
  },
  classes_inherit_it() {
    class Account extends EventEmitter {
      pay(amount) { return this.emit('paid', amount); }
    }
    const account = new Account();
    let paid = 0;
    account.on('paid', (amount) => { paid += amount; });
    return [account.pay(5), paid, account instanceof EventEmitter, require('events') === EventEmitter];
  },
};

const utilities = {
  async promisify_takes_the_last_argument() {
    const divide = (a, b, callback) => (b === 0 ? callback(new RangeError('by zero')) : callback(null, a / b));
    const promised = util.promisify(divide);
    const custom = () => {};
    custom[util.promisify.custom] = async () => 'its own';
    return [await promised(6, 3), await rejected(promised(1, 0)), await util.promisify(custom)(),
      await util.promisify(setTimeout)(1, 'waited'), thrown(() => util.promisify('text'))];
  },
  async callbackify_gives_a_callback() {
    const halve = util.callbackify(async (n) => {
      if (n % 2 === 1) throw new RangeError('odd');
      return n / 2;
    });
    const call = (n) => new Promise((resolve) => { halve(n, (error, half) => resolve([error?.message, half])); });
    return [await call(4), await call(3)];
  },
  inherits_links_prototypes() {
    function Parent() {}
    Parent.prototype.greet = function greet() { return `I am ${this.name}`; };
    function Child(name) { this.name = name; }
    util.inherits(Child, Parent);
    const child = new Child('Ada');
    return [child.greet(), child instanceof Parent, Child.super_ === Parent, thrown(() => util.inherits(Child))];
  },
  is_deep_strict_equal_looks_inside() {
    const cyclic = (name) => { const value = { name }; value.self = value; return value; };
    return [
      [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [{ a: 1, b: 2 }, { b: 2, a: 1 }], [{ a: 1 }, { a: '1' }],
      [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])], [new Set([1, 2]), new Set([2, 1])],
      [new Set([{ a: 1 }]), new Set([{ a: 2 }])], [new Date(0), new Date(0)], [new Date(0), new Date(1)],
      [/a/g, /a/g], [/a/g, /a/i], [NaN, NaN], [0, -0], [[1, , 3], [1, undefined, 3]], [{ a: undefined }, {}],
      [Buffer.from('a'), Buffer.from('a')], [new Uint8Array([1]), new Uint8Array([2])], [cyclic('a'), cyclic('a')],
      [new Error('a'), new Error('a')], [new Error('a'), new Error('b')], [[], {}], [null, undefined],
      [Object.create(null), {}],
    ].map(([a, b]) => util.isDeepStrictEqual(a, b));
  },
  inspect_shows_what_a_value_is() {
    class Account { constructor() { this.id = 1; } }
    const cyclic = { name: 'a' };
    cyclic.self = cyclic;
    return [
      new Map([['a', 1], ['b', { c: [1, 2] }]]), new Set(['a', 1]), new Map(), { a: 1, 'b-c': "it's", d: undefined },
      [1, , 'x', null], [[[[1]]]], { a: { b: { c: { d: 1 } } } }, 'text', 5, -0, 10n, true, null, undefined,
      Symbol('s'), new Account(), Object.create(null), cyclic, new Date(0), /a\/b/g, () => 1, function named() {},
      class Empty {}, Buffer.from('abc'), new Uint8Array([1, 2]), Promise.resolve(4), new WeakMap(),
      { get a() { return 1; }, set b(value) {} }, { [Symbol('key')]: 1 }, 'a'.repeat(20).split(''),
      Array.from({ length: 120 }, (_, i) => i), { long: 'x'.repeat(60), other: 'y'.repeat(30) }, new Number(3), [,],
      Object.assign([1], { extra: true }), 'multi\nline', ["it's", 'a "b"'],
    ].map((value) => util.inspect(value));
  },
  inspect_takes_options() {
    const deep = { a: { b: { c: { d: { e: 1 } } } } };
    const own = { [util.inspect.custom]: (depth, options) => `custom ${typeof depth} ${typeof options.stylize}` };
    return [util.inspect(deep, { depth: 0 }), util.inspect(deep, { depth: Infinity }), util.inspect(deep, false, null),
      util.inspect({ b: 1, a: [2] }, { compact: false, sorted: true }), util.inspect({ a: 1 }, { colors: true }),
      util.inspect([1, 2, 3, 4], { maxArrayLength: 2 }), util.inspect('abcdef', { maxStringLength: 3 }),
      util.inspect({ a: 1, b: { c: 2 } }, { breakLength: 10 }), util.inspect(own)];
  },
  format_fills_in() {
    return [util.format('%s is %d years and %i days', 'Ada', '36.5', '9.9'), util.format('%j %o', { a: 1 }, [1]),
      util.format('%O', { a: { b: { c: {} } } }), util.format('%f%%', '1.5'), util.format('%s', { a: 1 }, 'more', 5),
      util.format(1, 'a', { b: 2 }), util.format('%s %s', 'one'), util.format('%c styled', 'color: red'),
      util.format('%s %s %s %s', null, undefined, 5n, Symbol('s')), util.format('%x', 1), util.format('%d', 'x'), util.format()];
  },
  types_are_known() {
    const { types } = util;
    return [types.isPromise(Promise.resolve()), types.isRegExp(/a/), types.isDate(new Date()), types.isMap(new Map()),
      types.isNativeError(new TypeError()), types.isUint8Array(Buffer.alloc(1)), types.isAsyncFunction(async () => {}),
      types.isPromise({ then() {} }), util.isArray([]), util.types.isSet(new Map()), util.types.isProxy(new Proxy({}, {}))];
  },
  deprecate_calls_through() {
    return util.deprecate((a, b) => a + b, 'it is old', 'DEP_PROBE')(1, 2);
  },
  text_is_stripped_of_colors_and_made_well_formed() {
    return [util.stripVTControlCharacters('\u001b[31mred\u001b[39m'), util.toUSVString('a\ud800b')];
  },
};

const querystrings = {
  parse_reads() {
    return ['a=1&b=2', 'a=1&a=2&a=3', 'a=x%20y+z&b=%C3%A4', '', 'a', 'a=', '=b', '&&a=1&', 'a=%zz', 'a=1=2', '__proto__=1']
      .map((text) => Object.entries(querystring.parse(text)));
  },
  parse_takes_separators_and_a_bound() {
    return [querystring.parse('a:1;b:2', ';', ':'), querystring.parse('a=1&b=2&c=3', null, null, { maxKeys: 2 }),
      querystring.parse('a=%41', null, null, { decodeURIComponent: (text) => `<${text}>` })];
  },
  stringify_writes() {
    return [{ a: 1, b: 'x y', c: true }, { a: ['x', 2], b: [] }, { 'ä&=': "it's (a) *!~" }, { a: null, b: undefined, c: {}, d: NaN },
      { a: 5n, b: '€😀' }, {}].map((value) => querystring.stringify(value));
  },
  stringify_takes_separators() {
    return [querystring.stringify({ a: 1, b: ['x', 'y'] }, ';', ':'), querystring.encode({ a: 1 }),
      Object.keys(querystring.decode('a=1')), thrown(() => querystring.stringify({ a: '\ud800' }))];
  },
  escape_and_unescape() {
    return [querystring.escape('a b&c=ä+'), querystring.unescape('a%20b%26%zz'), querystring.unescape('%C3%A4')];
  },
};

const paths = {
  join_joins() {
    return [['/a', 'b', '../c', './d'], ['a', '', 'b/'], [''], ['..', 'a'], ['/a/', '//b'], ['a', '..', '..', 'b']]
      .map((parts) => path.join(...parts));
  },
  relative_leads_there() {
    return [['/data/a/b', '/data/c'], ['/a', '/a'], ['/a/b', '/a/b/c/d'], ['/a/bc', '/a/b'], ['/', '/a']]
      .map(([from, to]) => path.relative(from, to));
  },
  parse_and_format_are_inverse() {
    const parsed = ['/home/ada/file.tar.gz', 'file', './a/.env', '/', '', 'a/b/', '/a.b/c.'].map((text) => path.parse(text));
    return [parsed, parsed.map((parts) => path.format(parts)), path.format({ dir: '/x', name: 'a', ext: 'js' })];
  },
  normalize_normalizes() {
    return ['/a/b/../c/./d//e', '', '.', './a', '../../a', '/../a', 'a/..', '/a/b/', 'a//b/..//c'].map((text) => path.normalize(text));
  },
  resolve_ends_at_an_absolute_path() {
    return [path.resolve('/a', 'b', '../c'), path.resolve('/a', '/b', 'c'), path.resolve('/a/b/', './')];
  },
  names_are_taken_apart() {
    return [path.basename('/a/b.html'), path.basename('/a/b.html', '.html'), path.basename('/a/b/'), path.dirname('/a/b/c'),
      path.dirname('a'), path.dirname('/'), path.extname('a.b.js'), path.extname('.env'), path.extname('a.'), path.extname('a'),
      path.isAbsolute('/a'), path.isAbsolute('a'), path.sep, path.delimiter];
  },
  posix_is_the_same_and_windows_is_there() {
    return [path.posix === path, path.posix.join('a', 'b'), path.win32.join('a', 'b'), path.win32.basename('C:\\a\\b.txt'),
      require('path/posix') === path, thrown(() => path.join('a', 5))];
  },
};

const decoders = {
  a_character_in_pieces_arrives_whole() {
    const decoder = new StringDecoder('utf8');
    const bytes = Buffer.from('€');
    return [decoder.write(bytes.subarray(0, 1)), decoder.write(bytes.subarray(1, 2)), decoder.write(bytes.subarray(2)), decoder.end()];
  },
  what_stays_unfinished_is_replaced() {
    const decoder = new StringDecoder();
    return [decoder.write(Buffer.from([0xe2, 0x82])), decoder.end(), decoder.write(Buffer.from([0xff, 0x61])), decoder.end(Buffer.from([0xc3]))];
  },
  other_encodings_wait_too() {
    const utf16 = new StringDecoder('utf16le');
    const base64 = new StringDecoder('base64');
    const hex = new StringDecoder('hex');
    return [utf16.write(Buffer.from([0x61])), utf16.write(Buffer.from([0x00, 0x3d, 0xd8])), utf16.end(Buffer.from([0x00, 0xde])),
      base64.write(Buffer.from('ab')), base64.write(Buffer.from('cd')), base64.end(), hex.write(Buffer.from([1, 255])),
      new StringDecoder('latin1').write(Buffer.from([0xe4])), utf16.encoding, thrown(() => new StringDecoder('klingon'))];
  },
  each_byte_of_a_text_alone() {
    const decoder = new StringDecoder('utf8');
    return [...Buffer.from('aä€😀')].map((byte) => decoder.write(Buffer.from([byte])));
  },
};

// `[name, code, the error's own facts]` of a failed assertion.
function failure(act) {
  try {
    act();
    return 'nothing';
  } catch (error) {
    const { name, code, message, generatedMessage, operator } = error;
    // Some versions of Node.js end a comparison with an empty line.
    return [name, code, message.trimEnd(), generatedMessage, operator, error instanceof assert.AssertionError];
  }
}

const assertions = {
  deep_strict_equal_compares() {
    return [failure(() => assert.deepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })),
      failure(() => assert.deepStrictEqual({ a: 1 }, { a: 2 })), failure(() => assert.deepStrictEqual([1, 2, 3], [1, 2, '3'])),
      failure(() => assert.deepStrictEqual(new Map([['a', 1]]), new Map([['a', 1]]))),
      failure(() => assert.deepStrictEqual({ a: 1 }, { a: 1, b: 2 }, 'its own message')),
      failure(() => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }))];
  },
  equality_is_strict_or_loose() {
    return [failure(() => assert.equal(1, '1')), failure(() => assert.equal(1, 2)), failure(() => assert.strictEqual(1, '1')),
      failure(() => assert.strictEqual('a', 'a')), failure(() => assert.strictEqual(NaN, NaN)),
      failure(() => assert.notStrictEqual(1, 1)), failure(() => assert.notEqual(1, 2)),
      failure(() => assert.deepEqual({ a: 1 }, { a: '1' })), failure(() => assert.strict.equal(1, '1')),
      failure(() => require('assert/strict').deepEqual({ a: 1 }, { a: '1' }))];
  },
  truth_is_asked_for() {
    return [failure(() => assert(true)), failure(() => assert(0, 'nothing there')), failure(() => assert.ok(1)),
      failure(() => assert.ok(null, new RangeError('mine'))), failure(() => assert.fail()), failure(() => assert.fail('told'))];
  },
  throws_wants_an_error() {
    const fail = () => { throw new TypeError('bad value'); };
    return [failure(() => assert.throws(fail)), failure(() => assert.throws(fail, TypeError)), failure(() => assert.throws(fail, /bad/)),
      failure(() => assert.throws(fail, { name: 'TypeError', message: 'bad value' })), failure(() => assert.throws(() => {})),
      failure(() => assert.throws(fail, (error) => error.message.length === 9)), failure(() => assert.throws(() => {}, RangeError, 'why')),
      failure(() => assert.throws(fail, RangeError)), failure(() => assert.doesNotThrow(() => {}))];
  },
  async rejects_wants_a_rejection() {
    const fail = async () => { throw new TypeError('bad value'); };
    const outcome = (promise) => promise.then(() => 'nothing', ({ name, code, message }) => [name, code, message]);
    return [await outcome(assert.rejects(fail)), await outcome(assert.rejects(fail(), /bad/)), await outcome(assert.rejects(fail, { name: 'TypeError' })),
      await outcome(assert.rejects(async () => 1)), await outcome(assert.doesNotReject(Promise.resolve(1))), await outcome(assert.rejects(() => 1))];
  },
  patterns_and_callbacks() {
    return [failure(() => assert.match('abc', /b/)), failure(() => assert.match('abc', /x/)), failure(() => assert.doesNotMatch('abc', /b/)),
      failure(() => assert.ifError(null)), failure(() => assert.ifError(new Error('given')))];
  },
  an_error_has_its_values() {
    const error = new assert.AssertionError({ actual: 1, expected: 2, operator: 'strictEqual' });
    return [error.name, error.code, error.message, error.actual, error.expected, error.operator];
  },
};

const legacyUrls = {
  parse_takes_apart() {
    return ['https://user:p%40ss@sub.Example.com:8080/p/a/t/h?query=a%20b&c=1#hash', 'http://example.com', '/path?x=1', '//example.com/a',
      'mailto:ada@example.com', 'http://example.com/a b?c d', 'javascript:alert(1)', 'http://[::1]:3000/', 'a.html#b', '', "/it's?a=\"b\"", "/it's#a b",
      'http://example.com/{a}|b?c=<d>#`e^', '  /a ', 'http:\\\\example.com\\a']
      .map((text) => ({ ...url.parse(text) }));
  },
  parse_reads_queries_and_hosts() {
    return [{ ...url.parse('/a?b=1&b=2', true).query }, url.parse('/a', true).search, { ...url.parse('/a', true).query },
      url.parse('//example.com/a', false, true).host, url.parse('//ada@example.com/a').host,
      thrown(() => url.parse(5)), thrown(() => url.parse('http://[::1/'))];
  },
  format_puts_together() {
    return [{ pathname: '/a', query: {} }, { protocol: 'https', hostname: 'example.com', port: 8080, pathname: '/a', query: { b: [1, 2], c: 'x y' }, hash: 'top' },
      { protocol: 'http:', host: 'example.com', pathname: 'a?b', search: 'c=1' }, { pathname: '/a', search: '?b#c' },
      { protocol: 'mailto', pathname: 'ada@example.com' }, { auth: 'u:p@', host: 'example.com', protocol: 'ftp' }, 'http://a.b/c',
      url.parse('http://EXAMPLE.com/?a=1')].map((value) => url.format(value))
      .concat(url.format(new URL('https://u:p@bücher.example/a?b#c'), { auth: false, fragment: false, search: false, unicode: true }));
  },
  resolve_goes_from_one_to_another() {
    return [['/one/two/three', 'four'], ['http://example.com/', '/one'], ['http://example.com/one', '/two'], ['http://example.com/a/b', '../c'],
      ['http://example.com/a', '//other.com/b'], ['http://example.com/a?b', '?c'], ['http://example.com/a', '#d'], ['http://a.b/c', 'https://d.e'],
      ['a/b', '../../c'], ['http://example.com', ''], ['mailto:a@b', 'c']].map(([from, to]) => url.resolve(from, to));
  },
  the_standards_are_there_too() {
    return [url.URL === URL, url.URLSearchParams === URLSearchParams, url.domainToASCII('bücher.example'), url.domainToUnicode('xn--bcher-kva.example'),
      { ...url.urlToHttpOptions(new URL('https://u:p@example.com:8443/a?b#c')) }, url.fileURLToPath('file:///a%20b/c'), url.pathToFileURL('/a b/c#').href];
  },
};

const timing = {
  async timers_are_the_globals() {
    const waited = await new Promise((resolve) => { timers.setTimeout(resolve, 1, 'waited'); });
    return [timers.setTimeout === setTimeout, timers.clearInterval === clearInterval, timers.setImmediate === setImmediate,
      timers.promises === timersPromises, waited];
  },
  async promises_wait() {
    return [await timersPromises.setTimeout(1, 'timeout'), await timersPromises.setImmediate('immediate'), await timersPromises.setTimeout(1)];
  },
  async promises_are_aborted() {
    const aborted = new AbortController();
    aborted.abort();
    const later = new AbortController();
    setTimeout(() => later.abort(), 1);
    return [await rejected(timersPromises.setTimeout(50, 1, { signal: aborted.signal })), await rejected(timersPromises.setTimeout(5000, 1, { signal: later.signal })),
      await rejected(timersPromises.setImmediate(1, { signal: aborted.signal }))];
  },
  async an_interval_is_iterated() {
    const values = [];
    for await (const value of timersPromises.setInterval(1, 'tick')) {
      values.push(value);
      if (values.length === 3) break;
    }
    const aborted = new AbortController();
    const rest = async () => {
      for await (const value of timersPromises.setInterval(1, 'tock', { signal: aborted.signal })) {
        values.push(value);
        aborted.abort();
      }
    };
    return [values, await rejected(rest()), values.length];
  },
  async a_scheduler_waits() {
    return [typeof await timersPromises.scheduler.wait(1), typeof await timersPromises.scheduler.yield()];
  },
  next_ticks_come_before_promise_jobs_and_these_before_timers() {
    return fromTimer((note) => {
      setTimeout(note, 3, 'timeout');
      setImmediate(note, 'immediate');
      Promise.resolve('promise').then(note);
      queueMicrotask(() => note('microtask'));
      process.nextTick(note, 'tick');
      process.nextTick(() => { note('tick again'); process.nextTick(note, 'tick of a tick'); Promise.resolve('promise of a tick').then(note); });
      note('sync');
    }, 20);
  },
  next_ticks_come_between_timers() {
    return fromTimer((note) => {
      setTimeout(() => { note('timer'); process.nextTick(note, 'tick'); Promise.resolve('promise').then(note); }, 2);
      setTimeout(note, 2, 'next timer');
    }, 20);
  },
  what_is_no_function_is_refused_at_once() {
    return [thrown(() => process.nextTick('text')), thrown(() => setTimeout()), thrown(() => setImmediate(null)), thrown(() => queueMicrotask({}))];
  },
};

const probes = {
  events, util: utilities, querystring: querystrings, path: paths, string_decoder: decoders, assert: assertions, url: legacyUrls, timers: timing,
};

// The answers to the probes of a module, by their names.
async function answers(module) {
  const given = {};
  for (const [name, probe] of Object.entries(probes[module])) given[name] = await probe();
  return given;
}

module.exports = { answers, modules: Object.keys(probes) };
