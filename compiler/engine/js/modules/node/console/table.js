// How does `console.table` draw its table?
import { previewEntries } from '__wasm_rquickjs_builtin/internal/binding/util';
import { getStringWidth, inspect } from '__wasm_rquickjs_builtin/internal/util/inspect';
import { isMap, isMapIterator, isSet, isSetIterator } from '__wasm_rquickjs_builtin/internal/util/types';
import { validateArray } from '__wasm_rquickjs_builtin/internal/validators';

const INDEX = '(index)';
const ITERATION = '(iteration index)';
const VALUES = 'Values';

function drawn(heads, columns) {
  const height = Math.max(...columns.map((column) => column.length));
  const widths = heads.map((head, at) => (
    Math.max(getStringWidth(head), ...Array.from(columns[at], (cell) => getStringWidth(cell ?? '')))
  ));
  const line = (left, middle, right) => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const row = (cells) => `│ ${cells.map((cell, at) => (
    cell + ' '.repeat(Math.ceil(widths[at] - getStringWidth(cell)))
  )).join(' │ ')} │`;
  const rows = Array.from({ length: height }, (_, at) => row(columns.map((column) => column[at] ?? '')));
  return [line('┌', '┬', '┐'), row(heads), line('├', '┼', '┤'), ...rows, line('└', '┴', '┘')].join('\n');
}

function shower(options) {
  return (value) => {
    const isWide = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 2;
    return inspect(value, { depth: isWide ? -1 : 0, maxArrayLength: 3, breakLength: Infinity, ...options });
  };
}

function ofEntries(entries, show) {
  return drawn([ITERATION, 'Key', VALUES], [
    entries.map((_, at) => show(at)), entries.map(([key]) => show(key)), entries.map(([, value]) => show(value)),
  ]);
}

function ofValues(values, show) {
  return drawn([ITERATION, VALUES], [values.map((_, at) => show(at)), values.map(show)]);
}

function ofRows(data, properties, show) {
  const columns = new Map();
  const primitives = [];
  const names = Object.keys(data);
  names.forEach((name, row) => {
    const item = data[name];
    const isPrimitive = item === null || (typeof item !== 'function' && typeof item !== 'object');
    if (properties === undefined && isPrimitive) {
      primitives[row] = show(item);
      return;
    }
    for (const key of properties ?? Object.keys(item)) {
      if (!columns.has(key)) columns.set(key, []);
      columns.get(key)[row] = isPrimitive || !Object.hasOwn(item, key) ? '' : show(item[key]);
    }
  });
  const values = primitives.length > 0 ? [[VALUES, primitives]] : [];
  const all = [[INDEX, names], ...columns, ...values];
  return drawn(all.map(([head]) => `${head}`), all.map(([, column]) => column));
}

// The table; `undefined` of what is none.
export function table(data, properties, options) {
  if (properties !== undefined) validateArray(properties, 'properties');
  if (data === null || typeof data !== 'object') return undefined;
  const show = shower(options);
  if (isMapIterator(data)) {
    const [flat, isPairs] = previewEntries(data, true);
    if (!isPairs) return ofValues(flat, show);
    return ofEntries(Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]), show);
  }
  if (isMap(data)) return ofEntries([...data], show);
  if (isSetIterator(data)) return ofValues(previewEntries(data), show);
  return isSet(data) ? ofValues([...data], show) : ofRows(data, properties, show);
}
