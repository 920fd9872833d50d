import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitClient } from './pack/client.mjs';
import { inClone } from './prepare/clone.mjs';
import { prepareExactly } from './prepare/node.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { runTests } from './test/run-tests.mjs';

const emitted = inClone('.cache', 'client-on-oldest');

/** Runs the client library's tests on the oldest supported Node, from emitted JavaScript, because it cannot strip types. */
await orOneSentence(async () => {
  const newest = await prepare({ tools: true });
  const oldest = await prepareExactly('oldestClient');
  noteRunning();
  await emitTests(newest);
  const files = readdirSync(emitted, { recursive: true }).filter((file) => file.endsWith('.test.js'));
  process.exitCode = await runTests(oldest, files.map((file) => join(emitted, file)).sort(), [], {});
});

/** Emits JavaScript next to the other files of its folder, as in the published library. */
async function emitTests(node) {
  rmSync(emitted, { recursive: true, force: true });
  mkdirSync(emitted, { recursive: true });
  cpSync(inClone('client'), emitted, {
    recursive: true,
    filter: (path) => !/\.ts$|[\\/](node_modules|dist)$/.test(path),
  });
  const manifest = join(emitted, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('.ts"', '.js"'));
  await emitClient(node, emitted, { include: [inClone('client')] });
}
