/// <reference types="vite/client" />

/** The names of the modules of Node.js that the engine has, by `vite.config.ts`. */
declare const ENGINE_MODULES: readonly string[];
