import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath } from './on-path.mjs';

/** The oldest PostgreSQL that the storage supports. */
export const oldestPostgres = 15;

/** Returns the folder of the newest suitable PostgreSQL server's programs, or undefined. */
export function findPostgres() {
  const named = process.env.ALONGSIDE_POSTGRES_BIN;
  if (named && version(named) >= oldestPostgres) return named;
  const found = [...fromPgConfig(), ...usual(), ...besideServer()]
    .map((folder) => ({ folder, version: version(folder) }))
    .filter((candidate) => candidate.version >= oldestPostgres)
    .sort((a, b) => b.version - a.version);
  return found[0]?.folder;
}

/** Returns the major version of the server in a folder; 0 without a server (as with client packages alone). */
function version(folder) {
  const has = (name) => existsSync(join(folder, name)) || existsSync(join(folder, `${name}.exe`));
  if (!has('initdb') || !has('postgres')) return 0;
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

function fromPgConfig() {
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? [stdout.trim()] : [];
}

/** Returns the usual folders of Debian, Red Hat's repository, Homebrew and the Windows installer. */
function usual() {
  return [
    ...versionsIn('/usr/lib/postgresql', /^\d+$/),
    ...versionsIn('/usr', /^pgsql-\d+$/),
    ...versionsIn('/opt/homebrew/opt', /^postgresql(@\d+)?$/),
    ...versionsIn('/usr/local/opt', /^postgresql(@\d+)?$/),
    ...versionsIn('C:\\Program Files\\PostgreSQL', /^\d+$/),
  ];
}

function versionsIn(folder, pattern) {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name, 'bin'));
  } catch {
    return [];
  }
}

function besideServer() {
  const server = onPath('postgres');
  return server ? [dirname(server)] : [];
}
