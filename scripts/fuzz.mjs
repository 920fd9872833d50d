import { inClone } from './prepare/clone.mjs';
import { launch } from './prepare/launch.mjs';
import { orOneSentence } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

/** `npm run fuzz [-- OPTION...]`: prepares what is missing and fuzzes the parsers; `--help` says with which options. */
await orOneSentence(async () => {
  launch(await prepare({ tools: true }), inClone('test', 'fuzz', 'command.ts'), process.argv.slice(2));
});
