import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clientPackage } from './client/package.mjs';
import { clone } from './prepare/clone.mjs';
import { npm } from './prepare/npm.mjs';
import { orOneSentence } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

/**
 * `npm run pack:client [-- FOLDER]`: builds the client library's package for `npm install FILE` in a folder (`dist/` by default).
 * Prints the path of the file.
 */
await orOneSentence(async () => {
  const to = resolve(process.argv[2] ?? join(clone, 'dist'));
  const node = await prepare({ tools: true });
  mkdirSync(to, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'alongside-client-'));
  try {
    await clientPackage(node, work);
    await npm(['pack', '--ignore-scripts', '--pack-destination', to], {
      cwd: work,
      what: 'packing the client library',
    });
    const { name, version } = JSON.parse(readFileSync(join(work, 'package.json'), 'utf8'));
    process.stdout.write(`${join(to, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
