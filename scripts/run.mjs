import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { launch } from './prepare/launch.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

/** `node scripts/run.mjs FILE [ARGUMENT...]`: runs a TypeScript file of the clone with a suitable Node. */
await orOneSentence(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new Stop('name the file to run: node scripts/run.mjs FILE [ARGUMENT...]');
  if (!existsSync(file)) throw new Stop(`there is no file ${resolve(file)}`);
  launch(await prepare({ tools: true }), resolve(file), args);
});
