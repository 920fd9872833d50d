import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { bundle } from './emit.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

const units = ['identity-agent.service', 'identity-agent-screen.service', 'identity-agent-pages.service'];

/** Creates the folder of the package for workstations: bundled JavaScript, without dependencies. */
export async function agentPackage(node, folder) {
  await bundle(node, folder, 'agent');
  // Without V8's optimising compiler, which would cost a mostly idle agent 10 MB. (This also turns WebAssembly off, which Node
  // needs to strip types, so the clone does not do this.)
  const program = readFileSync(inClone('identity-agent', 'bin.mjs'), 'utf8');
  const slim = program.replace(/^#!.*/, '#!/usr/bin/env -S node --max-semi-space-size=1 --lite-mode');
  writeFileSync(join(folder, 'dist', 'bin.mjs'), slim, { mode: 0o755 });
  cpSync(inClone('LICENSE'), join(folder, 'LICENSE'));
  for (const unit of units) cpSync(inClone('deploy', unit), join(folder, unit));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

function manifest() {
  const { name, version, description, type, license } = manifestOf('identity-agent');
  const root = manifestOf();
  return {
    name,
    version,
    description,
    type,
    license,
    ...commonMembers(['identity-agent', 'pcsc', 'pkcs11']),
    engines: { node: '>=22' },
    bin: { 'identity-agent': 'dist/bin.mjs' },
    optionalDependencies: { pkcs11js: root.optionalDependencies.pkcs11js },
  };
}
