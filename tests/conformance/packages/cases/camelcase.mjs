// camelcase, strings: names to camel case.
import camelCase from 'camelcase';

export async function lambda() {
  return {
    'separators': [camelCase('foo-bar_baz qux'), 'fooBarBazQux'],
    'Pascal case': [camelCase('foo bar', { pascalCase: true }), 'FooBar'],
    'lists': [camelCase(['foo', 'BAR']), 'fooBar'],
    'capitals stay': [camelCase('foo-BAR', { preserveConsecutiveUppercase: true }), 'fooBAR'],
  };
}
