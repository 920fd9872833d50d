#!/usr/bin/env -S node --max-semi-space-size=1
// The program of the package: without arguments it runs the agent, with a command it calls the running one.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Keeps compiled code for the next start, which saves a third of its time and the compiler's memory.
module.enableCompileCache?.();

const here = (name) => new URL(name, import.meta.url);
/** JavaScript in the package, TypeScript in the clone. */
const published = existsSync(here('program.js'));
const start = async (argv) => (await import(here(`program.${published ? 'js' : 'ts'}`))).runProgram(argv);

if (published && Number.parseInt(process.versions.node, 10) < 22) {
  process.stderr.write(`identity-agent needs Node.js 22 or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else if (published || process.features.typescript) {
  await start(process.argv.slice(2));
} else {
  // In the clone, a Node without TypeScript support starts the prepared one instead.
  const [{ orOneSentence }, { prepare }, { launch }] = await Promise.all(
    ['prepare/say.mjs', 'prepare.mjs', 'prepare/launch.mjs'].map(
      (file) => import(here(`../scripts/${file}`)),
    ),
  );
  await orOneSentence(async () =>
    launch(await prepare(), fileURLToPath(import.meta.url), process.argv.slice(2)),
  );
}
