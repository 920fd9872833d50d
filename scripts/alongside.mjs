#!/usr/bin/env node
import { inClone } from './prepare/clone.mjs';
import { launch } from './prepare/launch.mjs';
import { orOneSentence } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

await orOneSentence(async () =>
  launch(await prepare(), inClone('src', 'cli', 'main.ts'), process.argv.slice(2)),
);
