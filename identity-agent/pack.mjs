// Builds the package for workstations: emitted JavaScript, including the kernel and CIS's protocol.
// node identity-agent/pack.mjs FOLDER    (then: npm pack FOLDER)
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const clone = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('Name the folder that the package is made in.\n');
  process.exit(2);
}
const out = resolve(folder);
const manifestOf = (part) => JSON.parse(readFileSync(join(clone, part, 'package.json'), 'utf8'));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const project = join(out, 'tsconfig.json');
const compilerOptions = {
  ...{ noEmit: false, noCheck: true, rewriteRelativeImportExtensions: true, rootDir: clone, outDir: out },
  // By path it is emitted; by name it would be an external package.
  paths: { '@alongside/kernel/*': [join(clone, 'kernel', '*.ts')] },
  typeRoots: [join(clone, 'node_modules', '@types')],
};
writeFileSync(
  project,
  JSON.stringify({
    extends: join(clone, 'tsconfig.json'),
    compilerOptions,
    include: [],
    // The last two are separate programs, which nothing imports.
    files: ['main.ts', 'cli.ts', 'card/pcsc-process.ts', 'card/pkcs11-process.ts'].map((file) =>
      join(clone, 'identity-agent', file),
    ),
  }),
);
execFileSync(process.execPath, [join(clone, 'node_modules/@typescript/native/bin/tsc'), '-p', project], {
  cwd: clone,
  stdio: 'inherit',
});
rmSync(project);
// Without V8's optimising compiler, which would cost a mostly idle agent 10 MB. (This also turns WebAssembly off, which Node
// needs to strip types, so the clone does not do this.)
const program = readFileSync(join(clone, 'identity-agent', 'bin.mjs'), 'utf8');
const slim = program.replace(/^#!.*/, '#!/usr/bin/env -S node --max-semi-space-size=1 --lite-mode');
writeFileSync(join(out, 'identity-agent', 'bin.mjs'), slim, { mode: 0o755 });
cpSync(join(clone, 'LICENSE'), join(out, 'LICENSE'));
for (const unit of [
  'identity-agent.service',
  'identity-agent-screen.service',
  'identity-agent-pages.service',
])
  cpSync(join(clone, 'deploy', unit), join(out, unit));

const kernel = join(out, 'node_modules', '@alongside', 'kernel');
mkdirSync(dirname(kernel), { recursive: true });
renameSync(join(out, 'kernel'), kernel);
// Imported only for types, so their imports are not part of the package.
for (const server of ['http.js', 'log.js', 'peer.js']) rmSync(join(kernel, server), { force: true });
const { name, version, type } = manifestOf('kernel');
writeFileSync(
  join(kernel, 'package.json'),
  JSON.stringify({ name, version, type, exports: { './*': './*.js' } }),
);

const agent = manifestOf('identity-agent');
const { dependencies, optionalDependencies } = manifestOf('.');
const { zod } = dependencies;
const { pkcs11js } = optionalDependencies;
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify(
    {
      ...{ name: agent.name, version: agent.version, type: 'module', license: agent.license },
      engines: { node: '>=22' },
      bin: { 'identity-agent': 'identity-agent/bin.mjs' },
      dependencies: { ...agent.dependencies, zod },
      optionalDependencies: { ...agent.optionalDependencies, pkcs11js },
      bundleDependencies: [name],
    },
    undefined,
    2,
  )}\n`,
);
process.stdout.write(`${out}\n`);
