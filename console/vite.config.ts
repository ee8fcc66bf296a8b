// How is the console built? Static files below /console/, nothing inlined, nothing fetched from elsewhere.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { licences } from './scripts/licences.mjs';

/** The server that the development server passes everything but the console on to. */
const server = process.env['SANDGLASS_SERVER'] ?? 'http://127.0.0.1:8080';
const passedOn = ['/api', '/sentinel', '/openapi', '/.well-known'];

/** The modules of Node.js that lambdas find: those of the engine's library that have a name to require. */
function nodeModules(): string[] {
  const library = new URL('../compiler/engine/js/library.toml', import.meta.url);
  const modules = readFileSync(library, 'utf8').split('[[module]]').slice(1);
  const names = modules
    .filter((module) => /^require = /m.test(module))
    .flatMap((module) => /^name = "(.+)"$/m.exec(module)?.[1] ?? []);
  const own = ['process', 'console'];
  return [...new Set([...names, ...own])].filter((name) => !name.endsWith('-toolbelt')).sort();
}

const notices = licences();

export default defineConfig({
  base: '/console/',
  define: { ENGINE_MODULES: JSON.stringify(nodeModules()) },
  plugins: [svelte(), ...notices.app],
  resolve: {
    alias: { $: fileURLToPath(new URL('./src', import.meta.url)) },
    // Tests run in Node.js, and mean what a browser would load.
    ...(process.env['VITEST'] ? { conditions: ['browser'] } : {}),
  },
  build: {
    target: 'es2022',
    // The policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 8192,
  },
  worker: { format: 'es', plugins: () => notices.worker },
  server: {
    port: 5173,
    // The types of the toolbelts lie beside the console, in examples/.
    fs: { allow: ['..'] },
    proxy: Object.fromEntries(passedOn.map((path) => [path, { target: server }])),
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
