// What does JSON do with all that is unusual, and with what chance makes? Node.js runs it as well.
function lambda(input, callback) {
  const out = [];
  const t = (f) => { try { out.push(f()); } catch (e) { out.push(`${e.name}`); } };
  const cyc = { a: 1 }; cyc.self = { cyc };
  const sameTwice = { x: 1 };
  t(() => JSON.stringify({ b: 1, a: [1, 2.5, -0, 0.1, 1e21, 1e-7, 123456789012, 0.000001, 5e-324, 1.7976931348623157e308, NaN, Infinity, 100, 1e15, 123456.789, -1.5] }));
  t(() => JSON.stringify({ 10: 'x', a: 1, 2: 'y', '4294967295': 1, '-1': 2 }));
  t(() => JSON.stringify('a\u2028\u0001\b\f\n\r\t"\\\ud800x\udc00 😀 ä “'));
  t(() => JSON.stringify('ä\u007f\u0080ÿ"'));
  t(() => JSON.stringify({ u: undefined, f() {}, s: Symbol('x'), n: null, [Symbol('k')]: 1, d: new Date(0), r: /x/, m: new Map([[1, 2]]), e: new Error('x') }));
  t(() => JSON.stringify([undefined, () => 1, Symbol('x'), , 5]));
  t(() => JSON.stringify(cyc));
  t(() => JSON.stringify([sameTwice, sameTwice]));
  t(() => JSON.stringify({ a: { b: [1, { c: 2 }], e: [], o: {} } }, null, 2));
  t(() => JSON.stringify({ a: [1, [2]] }, null, '--'));
  t(() => JSON.stringify({ a: 1, b: { a: 2, c: 3 } }, ['a', 'b']));
  t(() => JSON.stringify({ a: 1, b: [3] }, function (k, v) { return typeof v === 'number' ? `${k}:${v}:${Array.isArray(this)}` : v; }));
  t(() => JSON.stringify({ a: { toJSON(k) { return `key ${k}`; } }, l: [{ toJSON: (k) => k }] }));
  t(() => JSON.stringify({ get x() { return 1; }, y: 2 }));
  t(() => { const o = { a: { toJSON() { delete o.c; o.d = 4; return 0; } }, b: 2, c: 3 }; return JSON.stringify(o); });
  t(() => { const o = { a: { toJSON() { o.b = 'changed'; return 0; } }, b: 2 }; return JSON.stringify(o); });
  t(() => { const o = { a: { toJSON() { Object.defineProperty(o, 'b', { get: () => 'got' }); return 0; } }, b: 2 }; return JSON.stringify(o); });
  t(() => { const a = [{ toJSON() { a.length = 1; return 0; } }, 1, 2]; return JSON.stringify(a); });
  t(() => { const a = [{ toJSON() { a.push(5); return 0; } }, 1]; return JSON.stringify(a); });
  t(() => JSON.stringify(Object.defineProperty({ a: 1 }, 'hidden', { value: 1, enumerable: false })));
  t(() => JSON.stringify(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } })));
  t(() => JSON.stringify(new Proxy({ a: 1, b: [2] }, {})));
  t(() => JSON.stringify(new Proxy([1, 2], {})));
  t(() => JSON.stringify([Object('s'), Object(5), Object(true), new (class A { x = 1; #p = 2; })()]));
  t(() => JSON.stringify(10n));
  t(() => JSON.stringify({ a: Object(10n) }));
  t(() => JSON.stringify(new Uint8Array([1, 2])));
  t(() => JSON.stringify((function () { return arguments; })(1, 2)));
  t(() => JSON.stringify(Array.from({ length: 40 }, (_, i) => 'ab'.repeat(i)).reduce((a, b) => a + b)).length);
  t(() => JSON.stringify(undefined) === undefined);
  t(() => { const o = {}; for (let i = 0; i < 100; i++) o['k' + i] = i; delete o.k5; o.k5 = 'last'; return JSON.stringify(o); });
  t(() => { let d = []; for (let i = 0; i < 2000; i++) d = [d]; return JSON.stringify(d).length; });
  const p = (text, reviver) => t(() => { const v = JSON.parse(text, reviver); return [v, Object.is(v, -0), Object.keys(Object(v))]; });
  for (const text of ['1', '-0', '0', '-1.5', '1e3', '1E+2', '1e-2', '0.1', '0.30000000000000004', '123456789012345678', '9007199254740993', '1.7976931348623157e308', '1e400', '5e-324', '0.000000000000000000001', '100000000000000000000000', '12345678901234.5', '999999999999999.9', '01', '1.', '.5', '-', '+1', '1e', 'tru', 'true', 'null', '"a"', '"\\u00e4\\n"', '"\\x"', '"\u0001"', '"ä😀"', '"', '"\\', '"\\u12', '{}', '{"a":1}', '{"a":1,}', '{"a" : 1 , "b":[ ] }', '{ \n\t"a"\r\n:\n1}', '{"a":1,"a":2}', '{"__proto__":1}', '{"1":1,"0":2,"b":3}', '{"\\u0061":1}', '{"ä":1}', '{a:1}', '{"a"}', '{"a":}', '{,}', '[1,2,[3]]', '[1,]', '[,]', '[', '{', '', ' ', '1 2', '[1] x', '\ufeff1', "'a'", '{"a\nb":1}', '{"":1}', '{"constructor":1,"toString":2,"length":3}']) p(text);
  p('{"a":[1,{"b":2}],"c":3}', function (k, v) { return k === 'b' ? undefined : typeof v === 'number' ? v + 1 : v; });
  p('[1,2,3]', function (k, v) { return k === '1' ? undefined : v; });

  // Documents of chance, the same on both sides: written, read, and read again with a mistake in them.
  let state = 2_463_534_242;
  const chance = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const NAMES = ['id', 'name', 'a', 'b', 'ä', '😀', 'quo"te', 'back\\slash', '1', '10', '__proto__', '', 'toString', 'long'.repeat(20), '\n'];
  const NUMBERS = [0, -0, 1, -1, 0.5, 1e21, 1e-7, 2 ** 31, -(2 ** 31), 2 ** 53, 0.1 + 0.2, 1 / 3, 123456.789, 5e-324, 1.5e300];
  const TEXTS = ['', 'plain', 'ä', '“wide”', '\ud83d\ude00', '\ud83d', '\u0000\u001f', 'a"b\\c/d', '\u2028'];
  function value(depth) {
    const kind = chance(depth > 4 ? 5 : 8);
    if (kind === 0) return NUMBERS[chance(NUMBERS.length)];
    if (kind === 1) return chance(1_000_000) / 10 ** chance(8);
    if (kind === 2) return TEXTS[chance(TEXTS.length)];
    if (kind === 3) return [true, false, null][chance(3)];
    if (kind === 4) return chance(100_000);
    if (kind === 5) return Array.from({ length: chance(5) }, () => value(depth + 1));
    const object = {};
    const first = chance(NAMES.length);
    for (let index = chance(6); index > 0; index -= 1) {
      const name = NAMES[(first + index * (1 + chance(2))) % NAMES.length];
      Object.defineProperty(object, name, { value: value(depth + 1), writable: true, configurable: true, enumerable: true });
    }
    return kind === 6 ? object : [object, structuredClone(object), { ...object, more: 1 }, object];
  }
  let hash = 0;
  const note = (text) => { for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0; };
  for (let round = 0; round < 400; round += 1) {
    const made = value(0);
    const text = JSON.stringify(made);
    const spaced = JSON.stringify(made, null, chance(2) ? 2 : '\t');
    note(text);
    note(spaced);
    note(JSON.stringify(JSON.parse(spaced)));
    const at = chance(text.length);
    const broken = text.slice(0, at) + ['', ',', '"', '}', ' ', '0', '\\', ':'][chance(8)] + text.slice(at + chance(2));
    try {
      note(JSON.stringify(JSON.parse(broken)));
    } catch (error) {
      note(error.name);
    }
    if (round % 20 === 0) out.push(hash);
  }
  out.push(hash);
  callback(null, out);
}

module.exports = { lambda };
