import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';
import { emit } from './emit.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

/** The programs of the package. Nothing imports the last two: they are processes for native libraries. */
const programs = ['program.ts', 'card/pcsc-process.ts', 'card/pkcs11-process.ts'];
const units = ['identity-agent.service', 'identity-agent-screen.service', 'identity-agent-pages.service'];

/** Creates the folder of the package for workstations: emitted JavaScript, including the kernel and CIS's protocol. */
export async function agentPackage(node, folder) {
  await emit(
    node,
    folder,
    { files: programs.map((file) => inClone('identity-agent', file)) },
    // By path the kernel is emitted; by name it would be an external package.
    { rootDir: clone, paths: { '@alongside/kernel/*': [inClone('kernel', '*.ts')] } },
  );
  // Without V8's optimising compiler, which would cost a mostly idle agent 10 MB. (This also turns WebAssembly off, which Node
  // needs to strip types, so the clone does not do this.)
  const program = readFileSync(inClone('identity-agent', 'bin.mjs'), 'utf8');
  const slim = program.replace(/^#!.*/, '#!/usr/bin/env -S node --max-semi-space-size=1 --lite-mode');
  writeFileSync(join(folder, 'identity-agent', 'bin.mjs'), slim, { mode: 0o755 });
  cpSync(inClone('LICENSE'), join(folder, 'LICENSE'));
  for (const unit of units) cpSync(inClone('deploy', unit), join(folder, unit));
  deleteUnused(folder);
  bundleKernel(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

const importOf = /(?:\bfrom |\bimport\(|^import )['"](\.[^'"]+|@alongside\/kernel\/[^'"]+)['"]/gm;

/** Deletes the emitted files that no program imports: those of types alone, and their own imports. */
function deleteUnused(folder) {
  const used = new Set(programs.map((file) => join(folder, 'identity-agent', file.replace(/ts$/, 'js'))));
  // Grows while it is read.
  for (const file of used)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(importOf))
      used.add(
        name.startsWith('.')
          ? join(dirname(file), name)
          : join(folder, name.replace('@alongside/', '').concat('.js')),
      );
  for (const file of readdirSync(folder, { recursive: true })) {
    const path = join(folder, file);
    if (path.endsWith('.js') && !used.has(path)) rmSync(path);
  }
}

/** Makes the emitted kernel a bundled dependency. */
function bundleKernel(folder) {
  const kernel = join(folder, 'node_modules', '@alongside', 'kernel');
  mkdirSync(dirname(kernel), { recursive: true });
  renameSync(join(folder, 'kernel'), kernel);
  const { name, version, type, license } = manifestOf('kernel');
  const exports = { './*': './*.js' };
  writeFileSync(join(kernel, 'package.json'), JSON.stringify({ name, version, type, license, exports }));
}

function manifest() {
  const { name, version, description, type, license, dependencies } = manifestOf('identity-agent');
  const root = manifestOf();
  return {
    name,
    version,
    description,
    type,
    license,
    ...commonMembers(['identity-agent', 'pcsc', 'pkcs11']),
    engines: { node: '>=22' },
    bin: { 'identity-agent': 'identity-agent/bin.mjs' },
    dependencies,
    optionalDependencies: { pkcs11js: root.optionalDependencies.pkcs11js },
    bundleDependencies: ['@alongside/kernel'],
  };
}
