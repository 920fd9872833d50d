import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeFor } from '../pack/executable/platforms.mjs';
import { inClone } from '../prepare/clone.mjs';
import { lockedPackages } from '../test/locked-packages.mjs';
import { stage } from './stage.mjs';
import { Wine } from './wine.mjs';

const run = promisify(execFile);

/** The folder into which the installer of Node.js for Windows writes by default. */
export const programs = 'C:\\Program Files\\nodejs';

/** The folder of the clone under test: its path has a blank and an umlaut. */
export const folder = 'C:\\my proj ü\\clone';

/** Returns the path of that folder on this system. */
export const cloneOn = (wine) => join(wine.drive, 'my proj ü', 'clone');

/** Installs Windows, Node.js and a copy of the clone; what runs there runs in a copy of it. */
export async function install(program) {
  const wine = new Wine(program);
  process.on('exit', () => wine.close());
  await wine.install();
  await installNode(wine.drive);
  stage(cloneOn(wine));
  return wine;
}

/**
 * Installs Node.js with npm as its installer does; returns the version.
 * @param drive the folder of C:\
 */
async function installNode(drive) {
  const { folder: node, version } = await nodeFor('win-x64');
  const locked = lockedPackages(['windows', 'npm'], { folder: 'windows-npm', what: 'npm' });
  if (!locked.find()) await locked.fetch();
  const npm = join(locked.find(), 'node_modules', 'npm');
  const folder = join(drive, 'Program Files', 'nodejs');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  copyFileSync(join(node, 'bin', 'node.exe'), join(folder, 'node.exe'));
  symlinkSync(npm, join(folder, 'node_modules', 'npm'));
  for (const name of ['npm.cmd', 'npx.cmd']) copyFileSync(join(npm, 'bin', name), join(folder, name));
  return version;
}

/**
 * Builds into a folder what the tests install. The builder's native modules are those of this system.
 * @param pascal the compiler, if it has the units for Windows
 */
export async function build(folder, pascal) {
  for (const [script, ...words] of [
    ['pack.mjs', '--only', 'alongside'],
    ['pack.mjs', '--only', '@alongside/client'],
    ['executable.mjs', '--platform', 'win-x64'],
  ])
    await run(process.execPath, [inClone('scripts', script), folder, ...words]);
  if (pascal === undefined) return;
  for (const path of [
    'examples/any-language/SignIn.pas',
    'test/windows/testing/Browser.pas',
    'test/windows/testing/Token.pas',
  ])
    await run(pascal, ['-v0', '-Twin64', `-FE${folder}`, inClone(...path.split('/'))]);
}
