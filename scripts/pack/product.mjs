import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { Stop } from '../prepare/say.mjs';
import { runToEnd } from '../test/run-to-end.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

/** Creates the folder of the package `alongside`: server, agent and commands in bundled JavaScript, without dependencies. */
export async function productPackage(node, folder) {
  // The bundler's output is not the result of the calling command.
  const stdio = ['ignore', process.stderr, process.stderr];
  if ((await runToEnd(node, [inClone('scripts', 'pack', 'bundle.mjs'), folder], { stdio })) !== 0)
    throw new Stop('the product could not be bundled: see the errors above');
  mkdirSync(join(folder, 'bin'));
  cpSync(inClone('scripts', 'pack', 'alongside.cjs'), join(folder, 'bin', 'alongside.cjs'));
  copyFileSync(inClone('LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readFileSync(inClone('scripts', 'pack', 'README.md')));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

function manifest() {
  const { name, version, description, license, optionalDependencies } = manifestOf();
  const native = { pkcs11js: optionalDependencies.pkcs11js, 'pcsc-mini': '*' };
  return {
    ...{ name, version, description, license, type: 'module' },
    ...commonMembers(['pds', 'fhir', 'testing', 'identity-provider']),
    engines: { node: '>=24' },
    bin: { alongside: 'bin/alongside.cjs' },
    files: ['bin', 'dist', 'THIRD-PARTY-NOTICES.txt'],
    exports: { './package.json': './package.json' },
    // Only for cards in real readers, because they are compiled or downloaded when they are installed.
    peerDependencies: native,
    peerDependenciesMeta: Object.fromEntries(Object.keys(native).map((one) => [one, { optional: true }])),
  };
}
