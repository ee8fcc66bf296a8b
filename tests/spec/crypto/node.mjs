// Writes `node.json`, what Node.js answers to `probes.cjs`: `node node.mjs > node.json`.
import { answers, modules } from './probes.cjs';

const given = {};
for (const module of modules) given[module] = await answers(module);
console.log(JSON.stringify(given, null, 2));
