import { expect, it } from 'vitest';

import { EventParser } from './sse';

it('joins what arrives in pieces', () => {
  const parser = new EventParser();
  expect(parser.push('event: sta')).toEqual([]);
  expect(parser.push('te\ndata: {"a":')).toEqual([]);
  expect(parser.push('1}\nid: 7\n\n')).toEqual([{ event: 'state', data: '{"a":1}', id: '7' }]);
});

it('joins lines of data, ignores comments and events without data', () => {
  const parser = new EventParser();
  expect(parser.push(': ping\n\ndata: a\ndata:b\n\nevent: x\n\n')).toEqual([
    { event: 'message', data: 'a\nb', id: '' },
  ]);
});

it('takes a line end that was cut in two for one', () => {
  const parser = new EventParser();
  expect(parser.push('data: a\r')).toEqual([]);
  expect(parser.push('\ndata: b\r\n\r\n')).toEqual([{ event: 'message', data: 'a\nb', id: '' }]);
});
