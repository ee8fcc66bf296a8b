//! `Intl` says in the common languages what Node.js says.

use crate::harness::node::same_as_in_node;

const LOCALES: &str = "const LOCALES = ['en-US', 'en-GB', 'de-DE', 'de-CH', 'fr-FR', 'fr-CA', 'es-ES', 'es-MX', 'it-IT', 'pt-BR', 'nl-NL', 'pl-PL', 'da-DK',
    'ja-JP', 'zh-CN', 'ko-KR', 'ar-EG', 'he-IL', 'hi-IN', 'sv-SE', 'ru-RU'];
    const all = (values, show) => LOCALES.flatMap(locale => values.map(value => [locale, value, show(locale, value)]));";

fn same(body: &str) {
    same_as_in_node(&format!("{LOCALES} {body}"));
}

#[test]
fn numbers_are_written_as_in_node() {
    same("const options = [{}, { style: 'percent' }, { style: 'currency', currency: 'EUR' }, { style: 'currency', currency: 'USD', currencyDisplay: 'name' },
            { style: 'currency', currency: 'JPY' }, { notation: 'compact' }, { notation: 'compact', compactDisplay: 'long' }, { maximumSignificantDigits: 3 },
            { style: 'unit', unit: 'kilometer-per-hour' }, { style: 'unit', unit: 'liter', unitDisplay: 'long' }, { signDisplay: 'always' }];
          return all(options, (locale, option) => [0, 1, -1234.567, 1234567.891, 1.005].map(value => new Intl.NumberFormat(locale, option).formatToParts(value)))");
}

#[test]
fn dates_are_written_as_in_node() {
    same("const at = [Date.UTC(2024, 0, 5, 3, 4, 5), Date.UTC(2026, 6, 31, 15, 30)], timeZone = 'America/New_York';
          const options = [{}, { dateStyle: 'full' }, { dateStyle: 'long', timeStyle: 'short' }, { dateStyle: 'short', timeStyle: 'medium' },
            { timeStyle: 'full', timeZone }, { year: 'numeric', month: 'long', day: 'numeric' }, { weekday: 'short', day: 'numeric', month: 'short' },
            { hour: 'numeric', minute: '2-digit', timeZoneName: 'short', timeZone }, { month: 'long' }, { hour: '2-digit', minute: '2-digit', hour12: false },
            { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }];
          return all(options, (locale, option) => at.map(date => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...option }).formatToParts(date)))");
}

#[test]
fn distances_lists_plurals_and_names_are_those_of_node() {
    same("const units = ['second', 'day', 'month', 'year'], numbers = [-1, 0, 1, 2, 5, 21];
          return [all(units, (locale, unit) => numbers.map(number => ['auto', 'always'].map(numeric => new Intl.RelativeTimeFormat(locale, { numeric }).format(number, unit)))),
            all(['conjunction', 'disjunction', 'unit'], (locale, type) => [['a'], ['a', 'b'], ['a', 'b', 'c']].map(list => new Intl.ListFormat(locale, { type }).format(list))),
            all(['cardinal', 'ordinal'], (locale, type) => numbers.map(number => new Intl.PluralRules(locale, { type }).select(number))),
            all(['de', 'ja', 'pt-BR'], (locale, code) => new Intl.DisplayNames(locale, { type: 'language' }).of(code)),
            all(['US', 'DE', 'JP'], (locale, code) => new Intl.DisplayNames(locale, { type: 'region' }).of(code))]");
}

#[test]
fn words_are_ordered_as_in_node() {
    same("const words = ['z', 'ä', 'a', 'Z', 'ö', 'o', 'é', 'e', 'ñ', 'n', 'ø', 'å', 'ł', 'l', 'ı', 'i', 'ß', 'ss', 'ch', 'c', 'd', 'я', 'б', 'あ', 'ア', '2', '10', '_', ' '];
          return [all([{}, { sensitivity: 'base' }, { numeric: true }, { caseFirst: 'upper' }],
              (locale, options) => [...words].sort(new Intl.Collator(locale, options).compare)),
            'ä'.localeCompare('z', 'sv'), 'ä'.localeCompare('z', 'de'), 'a'.localeCompare('A', 'en', { sensitivity: 'base' }),
            ['résumé', 'resume', 'Resume'].sort((a, b) => a.localeCompare(b))]");
}

#[test]
fn the_methods_of_dates_numbers_and_texts_ask_it() {
    same("const date = new Date(Date.UTC(2024, 0, 5, 3, 4, 5));
          return [all([1234.5], (locale, value) => [value.toLocaleString(locale), 12n.toLocaleString(locale), date.toLocaleString(locale), date.toLocaleDateString(locale),
              date.toLocaleTimeString(locale), date.toLocaleDateString(locale, { timeZone: 'Asia/Tokyo', dateStyle: 'medium' })]),
            (1234.5).toLocaleString(), date.toLocaleString(), new Date(NaN).toLocaleString(), 'i'.toLocaleUpperCase('tr'), 'I'.toLocaleLowerCase('tr'),
            [1234.5, date].toLocaleString()]");
}

#[test]
fn a_text_is_divided_as_in_node() {
    same("const parts = (granularity, text) => Array.from(new Intl.Segmenter('en', { granularity }).segment(text), ({ segment, isWordLike }) => [segment, isWordLike]);
          return [parts('grapheme', 'a👨‍👩‍👧e\\u0301'), parts('word', 'So, yes: 3.5 times!'), parts('sentence', 'One. Two? Three!')]");
}

#[test]
fn a_duration_of_luxon_is_for_people() {
    same("const duration = [['hour', 3], ['minute', 4]].map(([unit, count]) =>
            new Intl.NumberFormat('en', { style: 'unit', unitDisplay: 'long', unit }).format(count));
          return [duration, new Intl.ListFormat('en', { type: 'conjunction', style: 'narrow' }).format(duration)]");
}

#[test]
fn weeks_begin_as_in_node() {
    same("const locales = [...LOCALES, 'fa', 'und', 'en-AE', 'en-MV', 'de-AT', 'en-IN', 'en-150', 'en-US-u-fw-mon', 'en-u-rg-gbzzzz'];
          return locales.map(locale => new Intl.Locale(locale).weekInfo)");
}

#[test]
fn a_range_whose_ends_have_nothing_in_common_is_written_as_in_node() {
    same("const ends = [Date.UTC(1982, 4, 25, 9), Date.UTC(1983, 9, 14, 13, 30)];
          const options = [{ dateStyle: 'medium', timeStyle: 'short' }, { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' }];
          return ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES', 'he-IL', 'hi-IN'].flatMap(locale => options.map(option =>
            new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...option }).formatRange(...ends)))");
}
