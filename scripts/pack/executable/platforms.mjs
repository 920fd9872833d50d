import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../../prepare/clone.mjs';
import { npm } from '../../prepare/npm.mjs';
import { Stop, whileSaying } from '../../prepare/say.mjs';

/**
 * The platforms of the executable, with the system and processor as Node.js names them. The registry has only an older Node.js for Windows
 * on ARM, where calls of system libraries need a flag.
 */
export const platforms = {
  'linux-x64': { os: 'linux', cpu: 'x64' },
  'linux-arm64': { os: 'linux', cpu: 'arm64' },
  'win-x64': { os: 'win32', cpu: 'x64' },
  'win-arm64': { os: 'win32', cpu: 'arm64', flags: ['--experimental-ffi'] },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64' },
  'darwin-x64': { os: 'darwin', cpu: 'x64' },
};

/** The platform of this machine, if it is one of them. */
export const thisPlatform = Object.keys(platforms).find(
  (name) => platforms[name].os === process.platform && platforms[name].cpu === process.arch,
);

const manifest = inClone('scripts', 'node');

/**
 * Returns the folder of the package of Node.js for a platform, with the committed version and checksum. It is fetched once and
 * kept in the clone's cache.
 */
export async function nodeFor(platform) {
  const { os, cpu } = platforms[platform];
  const { packages } = JSON.parse(readFileSync(join(manifest, 'package-lock.json'), 'utf8'));
  const [path, { version, integrity }] = Object.entries(packages).find(
    ([, entry]) => entry.os === os && entry.cpu === cpu,
  );
  const cache = inClone('.cache', 'node');
  const folder = join(cache, `${platform}-${Buffer.from(integrity).toString('hex').slice(14, 46)}`);
  if (existsSync(folder)) return { folder, version };
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      cpSync(join(manifest, name), join(work, name));
    const what = `fetching Node.js ${version} for ${platform}`;
    const flags = ['--ignore-scripts', '--include=optional', `--os=${os}`, `--cpu=${cpu}`];
    await whileSaying(`${what} (once, about 60 MB)`, () => npm(['ci', ...flags], { cwd: work, what }));
    const fetched = join(work, path);
    // npm tolerates a missing optional package; we do not.
    if (!existsSync(join(fetched, 'bin')))
      throw new Stop(`${what} failed: npm's registry lacks ${path.replace('node_modules/', '')} ${version}`);
    renameSync(fetched, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { folder, version };
}
