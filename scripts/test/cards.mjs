import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { npm } from '../prepare/npm.mjs';
import { Stop } from '../prepare/say.mjs';
import { onPath } from './on-path.mjs';

/** The tests of cards. If a program is missing, they are reported as not run, except in CI. */
export const cardsTests = ['test/cards/', 'test/delivery/'];

const arch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch;
const libraries = [`/usr/lib/${arch}-linux-gnu`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];

const first = (paths) => paths.find((path) => existsSync(path));
const library = (...names) => first(libraries.flatMap((folder) => names.map((name) => join(folder, name))));
const program = (name) => onPath(name) ?? first([`/usr/sbin/${name}`]);

const driver = ['pcsc', 'drivers', 'serial', 'libifdvpcd.so'];
const vpcdFolder = inClone('.cache', 'vpcd');
const pcscMiniFolder = inClone('.cache', 'pcsc-mini-0.1.3');
const pcscMini = join(pcscMiniFolder, 'node_modules', 'pcsc-mini', 'build', 'index.js');

/**
 * Unpacks vpcd without installing it: an installed one would be loaded by the machine's own pcscd and listen on every address.
 * The tests load it in a separate network namespace.
 */
function unpackVpcd() {
  const fresh = `${vpcdFolder}.${process.pid}`;
  const unpacked = join(fresh, 'unpacked');
  mkdirSync(unpacked, { recursive: true });
  try {
    must('apt-get', ['download', '-qq', 'vsmartcard-vpcd'], fresh);
    const file = readdirSync(fresh).find((name) => name.endsWith('.deb'));
    must('dpkg-deb', ['-x', file, unpacked], fresh);
    rmSync(vpcdFolder, { recursive: true, force: true });
    renameSync(unpacked, vpcdFolder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function must(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const said = (error?.message ?? stderr ?? '').trim().split('\n').at(-1);
  if (status !== 0) throw new Stop(`${command} ${args[0]} failed (${said})`);
}

const packed = (integrity) => ({ version: '0.1.3', integrity });
const dependencies = { 'pcsc-mini': '0.1.3', '@pcsc-mini/linux-x86_64-gnu': '0.1.3' };
const tool = { name: 'test-tools', version: '0.0.0', private: true, dependencies };

/** Not in the clone's own lock file, because several of its platform packages are not in the registry. */
const pcscMiniLock = {
  name: tool.name,
  version: tool.version,
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: tool.name, version: tool.version, dependencies },
    'node_modules/pcsc-mini': packed(
      'sha512-9PPIj0YbMxU0qFtp32Gq5jsAnLloOzMdFiiIjAgh07zGWOZv194IIVTulC354RDX5YNc14fwpkxS3oIS0iScWw==',
    ),
    'node_modules/@pcsc-mini/linux-x86_64-gnu': packed(
      'sha512-TMuuoSO93iIqF8Fdus32jH/VFNYyrjZICEiOduDqxlGETybU+eP3DTtXm9eQxRpxjXRcugiSvSAzFuqY3JSbpg==',
    ),
  },
};

async function installPcscMini() {
  if (process.arch !== 'x64') throw new Stop('pcsc-mini is pinned for x64 only');
  mkdirSync(pcscMiniFolder, { recursive: true });
  writeFileSync(join(pcscMiniFolder, 'package.json'), JSON.stringify(tool));
  writeFileSync(join(pcscMiniFolder, 'package-lock.json'), JSON.stringify(pcscMiniLock));
  await npm(['ci', '--ignore-scripts'], { cwd: pcscMiniFolder, what: 'installing pcsc-mini' });
}

/** npm leaves an optional package out that it cannot compile, so this installs it again. */
async function compilePkcs11js() {
  const { optionalDependencies } = JSON.parse(readFileSync(inClone('package.json'), 'utf8'));
  const wanted = `pkcs11js@${optionalDependencies.pkcs11js}`;
  const what = 'compiling pkcs11js (needs a C++ compiler, Python and the headers of Node.js)';
  await npm(['install', '--no-save', wanted], { cwd: inClone(), what });
}

/** Same format as the list in `helpers.mjs`; `fetch` is for programs that no package manager installs. */
export const cardHelpers = [
  { name: 'pcscd', variable: 'ALONGSIDE_PCSCD', find: () => program('pcscd'), debian: 'pcscd' },
  {
    name: 'OpenSC',
    variable: 'ALONGSIDE_OPENSC_MODULE',
    find: () =>
      ['pkcs11-tool', 'pkcs15-tool', 'piv-tool', 'opensc-tool'].every(onPath) &&
      library('opensc-pkcs11.so', 'pkcs11/opensc-pkcs11.so'),
    debian: 'opensc',
  },
  {
    name: 'SoftHSM2',
    variable: 'ALONGSIDE_SOFTHSM_MODULE',
    find: () => onPath('softhsm2-util') && library('softhsm/libsofthsm2.so', 'pkcs11/libsofthsm2.so'),
    debian: 'softhsm2',
  },
  {
    name: 'pkcs11js',
    variable: 'ALONGSIDE_PKCS11JS',
    find: () => first([inClone('node_modules', 'pkcs11js', 'build', 'Release', 'pkcs11.node')]),
    fetch: compilePkcs11js,
  },
  {
    name: 'vpcd',
    variable: 'ALONGSIDE_VPCD',
    find: () => library(join(...driver)) ?? first([join(vpcdFolder, 'usr', 'lib', ...driver)]),
    fetch: unpackVpcd,
  },
  {
    name: 'pcsc-mini',
    variable: 'ALONGSIDE_PCSC_MINI',
    find: () => first([pcscMini]),
    fetch: installPcscMini,
  },
];
