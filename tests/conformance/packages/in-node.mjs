// What do the cases answer in Node.js? Prints `{"NAME": result}` of the cases that it is given, one a line.
//
//     node in-node.mjs cases/zod.mjs cases/joi.cjs
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const input = JSON.parse(process.env.SANDGLASS_INPUT ?? '{"payload":{}}');
for (const file of process.argv.slice(2)) {
  let answer;
  try {
    const { lambda } = await import(pathToFileURL(path.resolve(file)));
    answer = { returned: await lambda(input) };
  } catch (error) {
    answer = { threw: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify({ name: path.parse(file).name, ...answer })}\n`);
}
