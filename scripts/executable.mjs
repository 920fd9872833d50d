import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './pack/emit.mjs';
import { buildExecutable, writeChecksums, writeNotices } from './pack/executable/build.mjs';
import { platforms, thisPlatform } from './pack/executable/platforms.mjs';
import { clone, inClone } from './prepare/clone.mjs';
import { prepareExactly } from './prepare/node.mjs';
import { orOneSentence, Stop, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

const names = Object.keys(platforms).join(', ');
const usage = `Usage: npm run executable [-- FOLDER] [--platform NAME,…|all]

Builds Alongside as one file, by default for this machine and into dist/. The platforms are ${names}.
Beside it are written THIRD-PARTY-NOTICES.txt, LICENSE and SHA256SUMS. The files are not signed.`;

/** Reads the command line; a wrong one ends with the usage and exit code 2. */
function readArguments() {
  try {
    const options = { platform: { type: 'string' }, help: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('Name one folder.');
    const wanted =
      values.platform === 'all'
        ? Object.keys(platforms)
        : (values.platform ?? thisPlatform ?? '').split(',').filter(Boolean);
    const unknown = wanted.find((name) => !Object.hasOwn(platforms, name));
    if (unknown !== undefined) throw new Error(`There is no platform ${unknown}; there are ${names}.`);
    if (wanted.length === 0 && !values.help)
      throw new Error('There is no executable for this machine: name a platform with --platform.');
    return { help: values.help, wanted, folder: resolve(positionals[0] ?? join(clone, 'dist')) };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exit(2);
  }
}

/** `npm run executable`: two builds of one state of the clone on one machine are identical. Prints the paths of the files. */
await orOneSentence(async () => {
  const { help, wanted, folder } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const node = await prepare({ tools: true });
  const same = await prepareExactly('main');
  const work = mkdtempSync(join(tmpdir(), 'alongside-executable-'));
  try {
    mkdirSync(folder, { recursive: true });
    await whileSaying('bundling the product', () => bundle(node, work, 'executable'));
    const built = [];
    for (const platform of wanted)
      built.push(
        await whileSaying(`building the executable for ${platform}`, () =>
          buildExecutable(same, platform, { work, folder }),
        ),
      );
    await writeNotices({ work, folder });
    copyFileSync(inClone('LICENSE'), join(folder, 'LICENSE'));
    writeChecksums(folder, [...built, 'THIRD-PARTY-NOTICES.txt', 'LICENSE']);
    for (const name of [...built, 'SHA256SUMS']) process.stdout.write(`${join(folder, name)}\n`);
  } catch (error) {
    const known = {
      ENOSPC: 'the disk is full: free some space',
      EACCES: 'it cannot be written: name another',
    };
    if (error.code in known) throw new Stop(`${folder}: ${known[error.code]}`);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
