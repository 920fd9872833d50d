import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

const readme = `# create-alongside

\`\`\`
npm create alongside
\`\`\`

This prepares the project in the current folder to be tested against Alongside: a development dependency, \`.env.example\`, one test and one CI file, each line explained. It changes no other file that exists. Options follow \`--\`, such as \`npm create alongside -- --test playwright --ci gitlab --dry-run\`.

It is \`npx alongside init\`. Alongside works with the published interfaces of NHS services. It is not an NHS service.
`;

/** Creates the folder of the package `create-alongside`, with which `npm create alongside` runs `alongside init`. */
export async function createPackage(_node, folder) {
  const { name, version, license } = manifestOf();
  mkdirSync(join(folder, 'bin'));
  cpSync(inClone('scripts', 'pack', 'create.cjs'), join(folder, 'bin', 'create-alongside.cjs'));
  copyFileSync(inClone('LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readme);
  const manifest = {
    name: 'create-alongside',
    version,
    description: 'Prepares a project to be tested against Alongside: npm create alongside',
    license,
    type: 'commonjs',
    ...commonMembers(['testing', 'create']),
    // Any version of Node.js can run it, and an old one prints the remedy.
    bin: { 'create-alongside': 'bin/create-alongside.cjs' },
    files: ['bin'],
    dependencies: { [name]: version },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
