import Module from 'node:module';
import '../pack/first.cjs';
import { compileCache } from './clone.mjs';

/** Runs a TypeScript file in this process, as if Node had been started with it. */
export function runHere(file, args) {
  process.argv = [process.execPath, file, ...args];
  Module.enableCompileCache(compileCache);
  Module.runMain(file);
}
