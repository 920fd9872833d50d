import Module from 'node:module';
import { compileCache } from './clone.mjs';

/** Warnings about Node itself, on which users cannot act; the tests still show them to developers. */
const silenced = new Set(['ExperimentalWarning', 'DeprecationWarning']);

/** Runs a TypeScript file in this process, as if Node had been started with it. */
export function runHere(file, args) {
  process.argv = [process.execPath, file, ...args];
  silenceWarnings();
  Module.enableCompileCache(compileCache);
  Module.runMain(file);
}

function silenceWarnings() {
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (silenced.has(warning.name)) return;
    for (const listener of listeners) listener.call(process, warning);
  });
}
