import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './pack/emit.mjs';
import { buildExecutable, writeNotices } from './pack/executable/build.mjs';
import { thisPlatform } from './pack/executable/platforms.mjs';
import { manifestOf } from './pack/manifest.mjs';
import { clone, inClone } from './prepare/clone.mjs';
import { prepareExactly } from './prepare/node.mjs';
import { orOneSentence, Stop, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

const usage = `Usage: npm run image [-- FOLDER]

Prepares the folder of the container image (dist/image by default) on Linux: the Containerfile, the executable and its libraries.
Then build it with docker, podman or buildah: docker build --tag alongside FOLDER`;

/** Packages of Debian with files of the image; their licences are part of it. */
const debianPackages = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'tini'];

/**
 * The first process of a container. Linux ignores signals to it until it handles them, which Node.js does only after a tenth of a
 * second: a stop before that would end with SIGKILL after ten seconds.
 */
const init = '/usr/bin/tini-static';

/** Reads the command line; a wrong one ends with the usage and exit code 2. */
function readArguments() {
  try {
    const options = { help: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('Name one folder.');
    return { ...values, folder: resolve(positionals[0] ?? join(clone, 'dist', 'image')) };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exit(2);
  }
}

/** Returns the files of the shared libraries that a program loads, as the system's loader finds them. */
function librariesOf(program) {
  const { status, stdout, error } = spawnSync('ldd', [program], { encoding: 'utf8' });
  if (status !== 0) throw new Stop(`ldd cannot list the libraries (${error?.message ?? `code ${status}`})`);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file);
}

function copyInto(root, from, to = from) {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(from), target);
}

/** Sets the same time and mode everywhere, so that two builds are identical with any umask. */
function normalise(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || /^(alongside|tini|ld-linux.*|.*\.so(\..*)?)$/.test(entry.name);
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
}

function setTimes(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    lutimesSync(join(entry.parentPath, entry.name), 0, 0);
}

async function stage(node, folder, work) {
  const root = join(folder, 'root');
  const documents = join(root, 'usr/share/doc');
  mkdirSync(join(documents, 'alongside'), { recursive: true });
  await whileSaying('bundling the product', () => bundle(node, work, 'executable'));
  const name = await whileSaying('building the executable', async () =>
    buildExecutable(await prepareExactly('main'), thisPlatform, { work, folder: work }),
  );
  const program = join(work, name);
  copyInto(root, program, 'usr/local/bin/alongside');
  copyInto(root, init, 'sbin/tini');
  for (const library of librariesOf(program)) copyInto(root, library);
  for (const each of debianPackages) {
    const licence = `/usr/share/doc/${each}/copyright`;
    if (existsSync(licence)) copyInto(root, licence);
  }
  await writeNotices({ work, folder: join(documents, 'alongside') });
  copyInto(root, inClone('LICENSE'), 'usr/share/doc/alongside/LICENSE');
  mkdirSync(join(root, 'etc'));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/:/sbin/nologin\nalongside:x:10001:10001::/data:/sbin/nologin\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nalongside:x:10001:\n');
  mkdirSync(join(root, 'tmp'));
  normalise(root);
  chmodSync(join(root, 'tmp'), 0o1777);
  mkdirSync(join(folder, 'owned/data'), { recursive: true });
  chmodSync(join(folder, 'owned/data'), 0o700);
  const recipe = readFileSync(inClone('deploy/image/Containerfile'), 'utf8');
  writeFileSync(
    join(folder, 'Containerfile'),
    recipe.replace(/^ARG VERSION$/m, `ARG VERSION=${manifestOf().version}`),
  );
  setTimes(folder);
}

/** `npm run image`: prepares the folder from which an image is built. Prints its path. */
await orOneSentence(async () => {
  const { help, folder } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (!thisPlatform?.startsWith('linux-'))
    throw new Stop('the image is prepared on Linux, because it contains its libraries: run this there');
  if (!existsSync(init)) throw new Stop(`the image needs ${init}: install the package tini and try again`);
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, 'Containerfile')))
    throw new Stop(`${folder} contains other files than an image: name another folder`);
  const node = await prepare({ tools: true });
  const work = mkdtempSync(join(tmpdir(), 'alongside-image-'));
  // Replaced at the end, so that a failure does not leave a partial result.
  const draft = `${folder}.${process.pid}`;
  try {
    await stage(node, draft, work);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    process.stdout.write(`${folder}\n`);
  } finally {
    for (const each of [work, draft]) rmSync(each, { recursive: true, force: true });
  }
});
