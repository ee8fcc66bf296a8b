// Answers an order, with five packages as people use them.
import { addDays, formatISO } from 'date-fns';
import { XMLParser } from 'fast-xml-parser';
import Handlebars from 'handlebars';
import qs from 'qs';
import { z } from 'zod';

const ORDER = '<order days="3"><item>tea</item><item>cake</item></order>';
const parser = new XMLParser({ ignoreAttributes: false });
const shape = z.object({ item: z.array(z.string()), '@_days': z.coerce.number().int() });
const text = Handlebars.compile('Hello {{name}}, {{#each items}}{{this}} {{/each}}by {{day}}: {{link}}');

export async function lambda(input) {
  const { name } = z.object({ name: z.string().min(1) }).parse(input.payload);
  const { item: items, '@_days': days } = shape.parse(parser.parse(ORDER).order);
  const day = formatISO(addDays(new Date(input.timestamp), days), { representation: 'date' });
  return { message: text({ name, items, day, link: qs.stringify({ items }) }) };
}
