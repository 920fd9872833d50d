import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { trackedFiles } from '../check/tracked.mjs';
import { inClone } from '../prepare/clone.mjs';
import { keyPool } from '../test/key-pool.mjs';

/** The packages of the clone, which npm links into node_modules. */
const { workspaces } = JSON.parse(readFileSync(inClone('package.json'), 'utf8'));

/** Copies the clone into a folder of Wine: the tests leave this one as it is, and their path has a blank and an umlaut. */
export function stage(folder) {
  const files = trackedFiles();
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(inClone(file), join(folder, file));
  }
  mkdirSync(join(folder, '.node'), { recursive: true });
  cpSync(keyPool, join(folder, '.node', 'test-keys.json'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(inClone('node_modules')))
    if (name !== '@alongside') symlinkSync(inClone('node_modules', name), join(modules, name));
  for (const workspace of workspaces) linkWorkspace(folder, workspace, files);
}

/**
 * Takes the place of npm's junction. Wine has none, and shows a link of Linux as a folder: Node.js would load each module
 * twice, and no TypeScript from node_modules. So each module there passes on the exports of the clone's.
 */
function linkWorkspace(folder, workspace, files) {
  const link = join(folder, 'node_modules', '@alongside', workspace);
  for (const file of files.filter((name) => name.startsWith(`${workspace}/`) && name.endsWith('.ts'))) {
    const module = join(folder, 'node_modules', '@alongside', file.replace(/ts$/, 'mjs'));
    mkdirSync(dirname(module), { recursive: true });
    const up = '../'.repeat(file.split('/').length + 1);
    writeFileSync(module, `export * from ${JSON.stringify(`${up}${file}`)};\n`);
  }
  const manifest = JSON.parse(readFileSync(inClone(workspace, 'package.json'), 'utf8'));
  for (const [name, file] of Object.entries(manifest.exports))
    manifest.exports[name] = file.replace(/ts$/, 'mjs');
  writeFileSync(join(link, 'package.json'), JSON.stringify(manifest));
}
