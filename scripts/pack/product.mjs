import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';
import { bundle, emit, withJavaScriptImports } from './emit.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

/** Creates the folder of the package `alongside`: server, agent and commands in bundled JavaScript, without dependencies. */
export async function productPackage(node, folder) {
  await bundle(node, folder, 'package');
  await emitTypes(node, join(folder, 'testing'));
  mkdirSync(join(folder, 'bin'));
  for (const file of ['alongside.cjs', 'first.cjs', 'npm.cjs'])
    cpSync(inClone('scripts', 'pack', file), join(folder, 'bin', file));
  // With an ending, npm packs it next to the notices, whose Apache License then compresses to nothing.
  copyFileSync(inClone('LICENSE'), join(folder, 'LICENSE.txt'));
  writeFileSync(join(folder, 'README.md'), readFileSync(inClone('scripts', 'pack', 'README.md')));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

/** The modules of the test kit, with the files that declare their types. */
const testing = {
  './testing': 'index',
  './testing/node': 'node',
  './testing/playwright': 'playwright',
  './testing/vitest': 'vitest',
};

/** Declares the test kit. Its public types are in one file that imports nothing of the product. */
async function emitTypes(node, folder) {
  const work = mkdtempSync(join(tmpdir(), 'alongside-types-'));
  try {
    const files = [...Object.values(testing), 'runners.d'].map((name) => inClone('src', 'kit', `${name}.ts`));
    await emit(node, work, { files }, { rootDir: clone, declaration: true, emitDeclarationOnly: true });
    mkdirSync(folder);
    for (const name of [...Object.values(testing), 'types']) {
      const text = readFileSync(join(work, 'src', 'kit', `${name}.d.ts`), 'utf8');
      writeFileSync(join(folder, `${name}.d.ts`), withJavaScriptImports(text));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function manifest() {
  const { name, version, description, license, optionalDependencies } = manifestOf();
  const peers = {
    // Only for cards in real readers, because they are compiled or downloaded when they are installed.
    pkcs11js: optionalDependencies.pkcs11js,
    'pcsc-mini': '*',
    // Only for the fixtures of these runners.
    '@playwright/test': '>=1.45',
    vitest: '>=3.2',
  };
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    ...commonMembers(['pds', 'fhir', 'testing', 'identity-provider']),
    engines: { node: '>=24' },
    bin: { alongside: 'bin/alongside.cjs' },
    files: ['bin', 'dist', 'testing', 'THIRD-PARTY-NOTICES.txt'],
    exports: {
      ...Object.fromEntries(
        Object.entries(testing).map(([path, name]) => [
          path,
          { types: `./testing/${name}.d.ts`, default: `./dist/${path.slice(2).replace('/', '-')}.js` },
        ]),
      ),
      './package.json': './package.json',
    },
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((one) => [one, { optional: true }])),
  };
}
