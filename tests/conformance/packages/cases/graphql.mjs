// graphql, graphql: schemas, queries and their errors.
import { buildSchema, graphql, parse, print, validate } from 'graphql';

const schema = buildSchema(`
  type Query { user(id: ID!): User }
  type User { id: ID! name: String friends(first: Int = 1): [User!]! }
`);
const users = { 1: { id: '1', name: 'Ada', friends: async ({ first }) => [users[2], users[3]].slice(0, first) }, 2: { id: '2', name: () => { throw new Error('hidden'); } }, 3: { id: '3' } };
const rootValue = { user: ({ id }) => users[id] };
const plain = (value) => JSON.parse(JSON.stringify(value));

export async function lambda() {
  const run = async (source, variableValues) => plain(await graphql({ schema, source, rootValue, variableValues }));
  return {
    'queries': [await run('query Q($id: ID!) { user(id: $id) { name friends(first: 2) { id } } }', { id: '1' }), { data: { user: { name: 'Ada', friends: [{ id: '2' }, { id: '3' }] } } }],
    'errors by path': [(await run('{ user(id: 2) { name } }')).errors, [{ message: 'hidden', locations: [{ line: 1, column: 17 }], path: ['user', 'name'] }]],
    'validates': [validate(schema, parse('{ user { age } }')).map((error) => error.message), ['Cannot query field "age" on type "User". Did you mean "name"?', 'Field "user" argument "id" of type "ID!" is required, but it was not provided.']],
    'introspects': [(await run('{ __type(name: "User") { fields { name } } }')).data.__type.fields.map((field) => field.name), ['id', 'name', 'friends']],
    'prints': [print(parse('{a(b:[1,2])@skip(if:true){c}}')), '{\n  a(b: [1, 2]) @skip(if: true) {\n    c\n  }\n}'],
  };
}
