#!/usr/bin/env -S node --max-semi-space-size=1
// The one program: without a word it runs the agent of this desk, with one it speaks to it.
import { existsSync } from 'node:fs';
import module from 'node:module';

// Compiled once, kept for the next start: a third of the start's time, and no compiler in memory.
module.enableCompileCache?.();

const [word, ...rest] = process.argv.slice(2);
/** Emitted JavaScript where it is published, the source in the clone. */
const part = (name) =>
  import(
    new URL(existsSync(new URL(`${name}.js`, import.meta.url)) ? `${name}.js` : `${name}.ts`, import.meta.url)
  );

if (word === undefined || word === 'run') await (await part('main')).run(rest);
else if (word.startsWith('--') && !['--help', '--json', '--socket'].includes(word))
  await (await part('main')).run(process.argv.slice(2));
else await (await part('cli')).cli(process.argv.slice(2));
