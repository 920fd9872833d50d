import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inClone } from './prepare/clone.mjs';
import { launch } from './prepare/launch.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

/** Returns whether a file needs development packages: each one outside the examples, and an example that imports one. */
function needsTools(file) {
  if (!resolve(file).startsWith(inClone('examples'))) return true;
  const { devDependencies } = JSON.parse(readFileSync(inClone('package.json'), 'utf8'));
  const text = readFileSync(file, 'utf8');
  return Object.keys(devDependencies).some((name) => text.includes(`from '${name}'`));
}

/** `node scripts/run.mjs FILE [ARGUMENT...]`: runs a TypeScript file of the clone with a suitable Node. */
await orOneSentence(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new Stop('name the file to run: node scripts/run.mjs FILE [ARGUMENT...]');
  if (!existsSync(file)) throw new Stop(`there is no file ${resolve(file)}`);
  launch(await prepare({ tools: needsTools(file) }), resolve(file), args);
});
