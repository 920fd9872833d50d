import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Required programs, found or downloaded by the test command, with their variables. */
const programs = {
  pcscd: 'ALONGSIDE_PCSCD',
  OpenSC: 'ALONGSIDE_OPENSC_MODULE',
  SoftHSM2: 'ALONGSIDE_SOFTHSM_MODULE',
  vpcd: 'ALONGSIDE_VPCD',
  'pcsc-mini': 'ALONGSIDE_PCSC_MINI',
  pkcs11js: 'ALONGSIDE_PKCS11JS',
} as const;

export type ProgramName = keyof typeof programs;

const found = (name: ProgramName): string | undefined => process.env[programs[name]];

/** Returns the path of a program or library. */
export function pathOf(name: ProgramName): string {
  const path = found(name);
  if (!path) throw new Error(`${name} is missing: run \`npm test -- test/cards\``);
  return path;
}

/** Returns the command for separate namespaces; undefined if this user may not create them. */
export function namespaces(): readonly string[] | undefined {
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  // An unprivileged user becomes root of a user namespace, if the kernel allows it.
  const ways = process.getuid?.() === 0 ? [own] : [['--user', '--map-root-user', ...own]];
  return ways.find((way) => spawnSync('unshare', [...way, 'true']).status === 0);
}

/** npm compiles pkcs11js, and leaves it out if it cannot. */
const compiler = (missing: readonly ProgramName[]): string =>
  missing.includes('pkcs11js')
    ? ', and compiles pkcs11js with a C++ compiler, Python and the headers of Node.js'
    : '';

/** Returns why a test that needs these programs (and namespaces) cannot run, for `skip`; false if it can. */
function lacking(names: readonly ProgramName[], { isolated = false } = {}): string | false {
  const missing = names.filter((name) => !existsSync(found(name) ?? ''));
  if (missing.length > 0)
    return `${missing.join(', ')} missing: as root, \`npm test -- test/cards\` installs what Debian has${compiler(missing)}`;
  if (isolated && !namespaces()) return 'it needs namespaces of its own: run it as root';
  return false;
}

/** Returns options of a suite that needs these programs: skipped with the reason if they are missing, and with a time limit. */
export const needing = (names: readonly ProgramName[], how: { isolated?: boolean } = {}) => ({
  skip: lacking(names, how),
  timeout: 240_000,
});

/** The result of a program. */
export interface Ended {
  readonly code: number;
  /** Standard output followed by standard error. */
  readonly said: string;
}

/** Runs a program to its end; never rejects. */
export const run = (
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, ...environment, LC_ALL: 'C' };
    execFile(program, args, { env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({
        code: error ? (typeof error.code === 'number' ? error.code : 255) : 0,
        said: `${stdout}${stderr}`,
      }),
    );
  });
