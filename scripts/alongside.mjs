#!/usr/bin/env node
import { inClone } from './prepare/clone.mjs';
import { launch } from './prepare/launch.mjs';
import { orOneSentence } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

const [word, ...rest] = process.argv.slice(2);
// A separate program, as in the package and the executable.
const [file, args] =
  word === 'identity-agent'
    ? [inClone('identity-agent', 'bin.mjs'), rest]
    : [inClone('src', 'cli', 'main.ts'), process.argv.slice(2)];

await orOneSentence(async () => launch(await prepare(), file, args));
