// csv-parse, formats: CSV to records.
import { parse as parseStream } from 'csv-parse';
import { parse } from 'csv-parse/sync';

export async function lambda() {
  const text = 'id;name\n1;"A ""x"""\n2;"two\nlines"\n';
  const records = [];
  const parser = parseStream({ columns: true, delimiter: ';' });
  parser.end(text);
  for await (const record of parser) records.push(record);
  let refused;
  try {
    parse('a,b\n1');
  } catch (error) {
    refused = error.code;
  }
  return {
    'at once': [parse(text, { columns: true, delimiter: ';', cast: true }).map((record) => ({ ...record })), [{ id: 1, name: 'A "x"' }, { id: 2, name: 'two\nlines' }]],
    'as a stream': [records.length, 2],
    'errors': [refused, 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'],
  };
}
