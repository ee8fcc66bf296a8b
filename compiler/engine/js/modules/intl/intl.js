// The global `Intl`, by ECMA-402. Each of its classes is loaded when it is first touched.
import { namespace } from 'sandglass:native';
import { data, getCanonicalLocales, root } from 'sandglass:intl/locales';

const CLASSES = {
  Collator: 'collator', DateTimeFormat: 'date_time_format', DisplayNames: 'display_names', ListFormat: 'list_format',
  Locale: 'locale', NumberFormat: 'number_format', PluralRules: 'plural_rules',
  RelativeTimeFormat: 'relative_time_format', Segmenter: 'segmenter',
};
// Those that may be called without `new`.
const CALLABLE = ['Collator', 'DateTimeFormat', 'NumberFormat'];

function callable(type) {
  const made = function made(locales, options) {
    return Reflect.construct(type, [locales, options], new.target ?? made);
  };
  Object.defineProperties(made, {
    name: { value: type.name, configurable: true },
    length: { value: 0, configurable: true },
    prototype: { value: type.prototype, writable: false },
    supportedLocalesOf: { value: type.supportedLocalesOf, writable: true, configurable: true },
  });
  Object.defineProperty(type.prototype, 'constructor', { value: made, writable: true, configurable: true });
  return made;
}

export const Intl = {};

for (const [name, file] of Object.entries(CLASSES)) {
  const set = (value) => {
    Object.defineProperty(Intl, name, { value, writable: true, configurable: true, enumerable: false });
  };
  Object.defineProperty(Intl, name, {
    get() {
      const type = namespace(`sandglass:intl/${file}`)[name];
      set(CALLABLE.includes(name) ? callable(type) : type);
      return Intl[name];
    },
    set,
    configurable: true,
    enumerable: false,
  });
}

const KEYS = {
  calendar: () => ['gregory'],
  collation: () => ['default'],
  currency: () => [...Object.keys(root('core').digits), ...Object.keys(data('en', 'core').currencies.names)]
    .filter((code) => /^[A-Z]{3}$/.test(code)),
  numberingSystem: () => Object.keys(root('core').numerals),
  timeZone: () => Object.keys(root('zones')),
  unit: () => namespace('sandglass:intl/number_format').UNITS,
};

Object.defineProperties(Intl, {
  getCanonicalLocales: { value: getCanonicalLocales, writable: true, configurable: true },
  supportedValuesOf: {
    value: function supportedValuesOf(key) {
      if (!Object.hasOwn(KEYS, key)) throw new RangeError(`Invalid key : ${key}`);
      return [...new Set(KEYS[key]())].sort();
    },
    writable: true,
    configurable: true,
  },
  [Symbol.toStringTag]: { value: 'Intl', configurable: true },
});
