// A library of 1 MB of JavaScript, evaluated at the top level. A lambda's source may have 100,000
// characters, so the library's text is made here, from one module of ordinary code that is
// repeated under other names: classes, closures, tables and regular expressions. The engine parses,
// compiles and runs all of it, and keeps all of it in the image.
const module_ = String.raw`
library.module$N = (function () {
  const DEFAULTS = { endpoint: 'https://service$N.example.com', version: '$N.0', retries: 3 };
  const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  const fields = ['Id', 'Name', 'CreatedDate', 'OwnerId', 'Type'].map((field) => ({
    field, label: field.replace(/([a-z])([A-Z])/g, '$1 $2'), nillable: field !== 'Id',
  }));

  class ServiceError$N extends Error {
    constructor(message, code) {
      super(message);
      this.name = 'ServiceError$N';
      this.code = code;
    }
  }

  class Query$N {
    constructor(table) {
      this.table = table;
      this.conditions = [];
      this.columns = [];
    }

    select(...columns) {
      this.columns.push(...columns);
      return this;
    }

    where(column, operator, value) {
      if (!['=', '<', '>', 'LIKE'].includes(operator)) {
        throw new ServiceError$N('unknown operator ' + operator, 'BAD_OPERATOR');
      }
      this.conditions.push({ column, operator, value });
      return this;
    }

    toString() {
      const where = this.conditions
        .map(({ column, operator, value }) => column + ' ' + operator + ' ' + quote(value))
        .join(' AND ');
      return 'SELECT ' + this.columns.join(', ') + ' FROM ' + this.table
        + (where ? ' WHERE ' + where : '');
    }
  }

  function quote(value) {
    if (value === null || value === undefined) return 'NULL';
    if (typeof value === 'number') return String(value);
    return "'" + String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]) + "'";
  }

  function memoize(compute) {
    const known = new Map();
    return (key) => {
      if (!known.has(key)) known.set(key, compute(key));
      return known.get(key);
    };
  }

  const describe = memoize((table) => ({ table, fields, endpoint: DEFAULTS.endpoint }));
  describe('Account$N');
  return { DEFAULTS, Query: Query$N, ServiceError: ServiceError$N, describe, quote };
})();
`;

const library = {};
const count = Math.ceil(1_000_000 / module_.length);
const names = Array.from({ length: count }, (_, index) => index);
const text = names.map((index) => module_.replaceAll('$N', index)).join('');
new Function('library', text)(library);

function lambda(input, callback) {
  const { Query } = library.module7;
  const query = new Query('Account').select('Id').where('Name', '=', input.payload.name);
  callback(null, { message: `Hello ${input.payload.name}`, query: query.toString() });
}
