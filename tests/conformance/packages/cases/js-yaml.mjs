// js-yaml, formats: YAML, safely.
import { dump, load } from 'js-yaml';

export async function lambda() {
  let refused;
  try {
    load('a: [1\nb: 2');
  } catch (error) {
    refused = [error.name, error.mark.line];
  }
  return {
    'parses': [load('a: &x {b: 1}\nc: *x\nd: |\n  two\n  lines\ne: [~, true, 1.5]\n'), { a: { b: 1 }, c: { b: 1 }, d: 'two\nlines\n', e: [null, true, 1.5] }],
    'writes': [dump({ a: [1, 'yes: no'], b: null }), "a:\n  - 1\n  - 'yes: no'\nb: null\n"],
    'places of errors': [refused[0], 'YAMLException'],
  };
}
