import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { inClone } from './clone.mjs';
import { alone } from './lock.mjs';
import { npm } from './npm.mjs';
import { renameSafely } from './rename.mjs';
import { Stop, whileSaying } from './say.mjs';

const executable = process.platform === 'win32' ? 'node.exe' : 'node';

/** The versions of Node to prepare: their committed version and checksum, and their folder. */
const prepared = {
  main: { manifest: inClone('scripts', 'node'), folder: inClone('.node') },
  oldest: { manifest: inClone('scripts', 'node24'), folder: inClone('.node', '24') },
  oldestClient: { manifest: inClone('scripts', 'node20'), folder: inClone('.node', '20') },
};

/**
 * Returns the path of a Node that runs Alongside: this process's own from 24 on, else the one that the clone prepares with the
 * committed version and checksum. Takes a few ms if that exists.
 */
export async function prepareNode() {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24 ? process.execPath : await prepareExactly('main');
}

/** Returns the path of a prepared Node of one kind; undefined if it is not prepared. */
export function preparedExactly(kind) {
  const { manifest, folder } = prepared[kind];
  const binary = join(folder, executable);
  return isThere(folder, binary, forThisMachine(manifest)) ? binary : undefined;
}

/** Prepares a Node of one kind (`main`, `oldest`, `oldestClient`), independent of the system's; returns its path. */
export async function prepareExactly(kind) {
  const { manifest, folder } = prepared[kind];
  const wanted = forThisMachine(manifest);
  const binary = join(folder, executable);
  if (isThere(folder, binary, wanted)) return binary;
  await alone(async () => {
    if (isThere(folder, binary, wanted)) return;
    const work = workFolder(folder);
    await whileSaying(
      `preparing Node.js ${wanted.version} for this clone (once, about 60 MB to download)`,
      () => fetchInto(folder, work, manifest, wanted),
      () => fetchedPart(join(work, wanted.path, 'bin', executable), wanted.bytes),
    );
  });
  return binary;
}

function forThisMachine(manifest) {
  const { bytes } = JSON.parse(readFileSync(join(manifest, 'package.json'), 'utf8')).alongside ?? {};
  const { packages } = JSON.parse(readFileSync(join(manifest, 'package-lock.json'), 'utf8'));
  const entry = Object.entries(packages).find(
    ([, at]) => at.os === process.platform && at.cpu === process.arch,
  );
  if (!entry) {
    throw new Stop(
      `there is no ready Node.js ${packages[''].version} for ${process.platform} on ${process.arch}: install Node.js 24 or newer and try again`,
    );
  }
  // The registry lacks some versions for some platforms, so a neighbour of the same line may take their place.
  const [path, { version, integrity }] = entry;
  return { path, version, integrity, bytes: bytes?.[`${process.platform}-${process.arch}`] };
}

/** Returns how much of the binary npm has unpacked, which it does while it downloads. */
function fetchedPart(binary, bytes) {
  const done = statSync(binary, { throwIfNoEntry: false })?.size ?? 0;
  const megabytes = (count) => `${Math.round(count / 1_000_000)}`;
  if (bytes === undefined) return `${megabytes(done)} MB unpacked`;
  return `${megabytes(done)} of ${megabytes(bytes)} MB unpacked (${Math.floor((done / bytes) * 100)} %)`;
}

function isThere(folder, binary, wanted) {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, 'stamp.json'), 'utf8'));
    return (
      stamp.version === wanted.version &&
      stamp.integrity === wanted.integrity &&
      stamp.size === statSync(binary).size
    );
  } catch {
    return false;
  }
}

/** Returns a new folder for the download. */
function workFolder(folder) {
  mkdirSync(folder, { recursive: true });
  removeLeftovers(folder);
  return mkdtempSync(join(folder, 'fetch-'));
}

async function fetchInto(folder, work, manifest, wanted) {
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(manifest, name), join(work, name));
    const what = `preparing Node.js ${wanted.version}`;
    await npm(['ci', '--ignore-scripts', '--include=optional'], { cwd: work, what });
    const fetched = join(work, wanted.path, 'bin', executable);
    // npm tolerates an optional package that is missing or, on a full disk, incomplete; we do not.
    if (isFull(folder)) throw new Stop(`${what} failed: the disk is full: free some space, then try again`);
    if (!existsSync(fetched)) {
      throw new Stop(
        `${what} failed: npm could not fetch it, or it differs from its committed checksum: check the network and npm's registry and proxy settings, or install Node.js 24 or newer`,
      );
    }
    mustRun(fetched, wanted);
    replace(fetched, join(folder, executable));
    const { size } = statSync(join(folder, executable));
    const stamp = join(work, 'stamp.json');
    writeFileSync(
      stamp,
      `${JSON.stringify({ version: wanted.version, integrity: wanted.integrity, size })}\n`,
    );
    renameSafely(stamp, join(folder, 'stamp.json'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Returns whether the disk of a folder has less than a megabyte left. */
function isFull(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 1_000_000;
}

function mustRun(binary, { version }) {
  try {
    if (
      execFileSync(binary, ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() === `v${version}`
    )
      return;
  } catch {
    // reported below
  }
  throw new Stop(
    `the prepared Node.js ${version} does not run on this system: install Node.js 24 or newer and try again`,
  );
}

/** Replaces a file; one that is being executed is moved aside if it cannot be replaced. */
function replace(from, to) {
  try {
    renameSafely(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    renameSafely(to, join(dirname(to), `old-${process.pid}-${executable}`));
    renameSafely(from, to);
  }
}

/** Removes files of an interrupted or older preparation. */
function removeLeftovers(folder) {
  for (const name of readdirSync(folder)) {
    if (!/^(fetch|old)-/.test(name)) continue;
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // still being executed on Windows: removed next time
    }
  }
}
