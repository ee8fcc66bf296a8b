// csv-stringify, formats: records to CSV.
import { stringify } from 'csv-stringify';
import { stringify as stringifySync } from 'csv-stringify/sync';

export async function lambda() {
  const rows = [{ a: 1, b: 'x,y' }, { a: 2, b: 'q"' }];
  const streamed = await new Promise((resolve, reject) => {
    stringify(rows, { columns: ['a', 'b'] }, (error, text) => (error ? reject(error) : resolve(text)));
  });
  return {
    'at once': [stringifySync(rows, { header: true, quoted_string: true }), '"a","b"\n1,"x,y"\n2,"q"""\n'],
    'by a callback': [streamed, '1,"x,y"\n2,"q"""\n'],
  };
}
