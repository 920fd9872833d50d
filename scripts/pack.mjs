import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { agentPackage } from './pack/agent.mjs';
import { clientPackage } from './pack/client.mjs';
import { compress } from './pack/compress.mjs';
import { createPackage } from './pack/create.mjs';
import { productPackage } from './pack/product.mjs';
import { clone } from './prepare/clone.mjs';
import { npm } from './prepare/npm.mjs';
import { orOneSentence, Stop, say } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

const packages = {
  alongside: productPackage,
  '@alongside/client': clientPackage,
  '@alongside/identity-agent': agentPackage,
  'create-alongside': createPackage,
};
const usage = `Usage: npm run pack [-- FOLDER] [--only ${Object.keys(packages).join('|')}]`;

/** Reads the command line; a wrong one ends with the usage and exit code 2. */
function readArguments() {
  try {
    const options = { only: { type: 'string' }, help: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('Name one folder.');
    if (values.only !== undefined && !(values.only in packages))
      throw new Error(`There is no package ${values.only}.`);
    return { ...values, folder: resolve(positionals[0] ?? join(clone, 'dist')) };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exit(2);
  }
}

/**
 * `npm run pack [-- FOLDER] [--only NAME]`: builds the packages for `npm install FILE` in a folder (`dist/` by default). Two builds
 * of one state of the clone are identical. Prints the paths of the files.
 */
await orOneSentence(async () => {
  const { only, help, folder } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const node = await prepare({ tools: true });
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Stop(`the folder ${folder} cannot be made (${error.code}): name another`);
  }
  for (const [name, make] of Object.entries(packages)) {
    if (only !== undefined && name !== only) continue;
    say(`packing ${name}`);
    const work = mkdtempSync(join(tmpdir(), 'alongside-pack-'));
    try {
      await make(node, work);
      await npm(['pack', '--ignore-scripts', '--pack-destination', folder], {
        cwd: work,
        what: `packing ${name}`,
      });
      const { version } = JSON.parse(readFileSync(join(work, 'package.json'), 'utf8'));
      const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
      await compress(file);
      process.stdout.write(`${file}\n`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
});
