import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../../prepare/clone.mjs';
import { Stop } from '../../prepare/say.mjs';
import { manifestOf } from '../manifest.mjs';
import { nodeFor, platforms, thisPlatform } from './platforms.mjs';

/** The native modules compiled for this machine. Executables for other platforms do not contain them. */
const nativeModules = { 'pkcs11.node': inClone('node_modules/pkcs11js/build/Release/pkcs11.node') };

function run(command, args, cwd) {
  const { status, stderr, stdout, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  const said = (error?.message ?? `${stderr}${stdout}`).trim().split('\n').at(-1);
  throw new Stop(`${command.split(/[\\/]/).at(-1)} ${args[0]} failed (${said})`);
}

/** Removes the symbols of Node.js, a quarter of the file. After the bundle was added, the result would not start. */
function strip(file) {
  if (spawnSync('strip', ['--version']).error)
    throw new Stop('the program strip is missing: install binutils and try again');
  run('strip', [file]);
}

/**
 * Writes the executable of a platform into a folder; returns its name.
 * @param node the prepared Node.js of this machine, of the version that the executable contains, or a newer one of its line
 * @param work a folder with `alongside.mjs`
 */
export async function buildExecutable(node, platform, { work, folder }) {
  const { folder: base } = await nodeFor(platform);
  const suffix = platforms[platform].os === 'win32' ? '.exe' : '';
  const name = `alongside-${manifestOf().version}-${platform}${suffix}`;
  const executable = join(work, `node-${platform}${suffix}`);
  copyFileSync(join(base, 'bin', `node${suffix}`), executable);
  chmodSync(executable, 0o755);
  const isOwn = platform === thisPlatform;
  if (isOwn && process.platform === 'linux') strip(executable);
  const settings = {
    // Recorded in the executable, so it is relative to the folder of the build.
    main: 'alongside.mjs',
    mainFormat: 'module',
    output: join(folder, name),
    executable,
    disableExperimentalSEAWarning: true,
    execArgv: platforms[platform].flags ?? [],
    // Compiled code is valid for one platform. It saves half of the time of a start.
    useCodeCache: isOwn,
    assets: isOwn ? presentModules() : {},
  };
  const file = join(work, `${platform}.json`);
  writeFileSync(file, JSON.stringify(settings));
  // By default V8's seed differs each time, and so does its compiled code.
  run(isOwn ? executable : node, ['--random-seed=1', '--build-sea', file], work);
  return name;
}

const presentModules = () =>
  Object.fromEntries(Object.entries(nativeModules).filter(([, file]) => existsSync(file)));

/** Writes the licences of the bundled packages and of Node.js. */
export async function writeNotices({ work, folder }) {
  const { folder: base, version } = await nodeFor('linux-x64');
  const parts = [
    readFileSync(join(work, 'THIRD-PARTY-NOTICES.txt'), 'utf8').trimEnd(),
    `Node.js ${version}\n\n${readFileSync(join(base, 'LICENSE'), 'utf8').trimEnd()}`,
  ];
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

/** Writes the checksums of files in a folder, as `sha256sum --check` reads them. */
export function writeChecksums(folder, names) {
  const lines = names.map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    return `${hash}  ${name}\n`;
  });
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
}
