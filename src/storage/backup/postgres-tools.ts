import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { environment, OperatorError } from '@alongside/kernel/operator';

/** Folders of packages that keep several versions side by side: Debian and Ubuntu, Red Hat and SUSE. */
const versionedFolders = [
  { root: '/usr/lib/postgresql', name: /^(\d+)$/ },
  { root: '/usr', name: /^pgsql-(\d+)$/ },
];

function installedFolders(): string[] {
  return versionedFolders
    .flatMap(({ root, name }) =>
      (existsSync(root) ? readdirSync(root) : []).flatMap((entry) => {
        const version = name.exec(entry)?.[1];
        return version === undefined ? [] : [{ version: Number(version), folder: join(root, entry, 'bin') }];
      }),
    )
    .sort((one, other) => other.version - one.version)
    .map(({ folder }) => folder);
}

export type PostgresTool = 'pg_dump' | 'pg_restore' | 'psql';

/** The client programs of PostgreSQL. */
export class PostgresTools {
  readonly #folders: readonly string[];
  /** Connection settings without the password, and the environment with it. */
  readonly #url: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param folder of the programs; by default the search path, then the newest installed version */
  constructor(url: string, folder?: string) {
    this.#folders =
      folder === undefined
        ? [...(environment().PATH ?? '').split(delimiter).filter(Boolean), ...installedFolders()]
        : [folder];
    const { address, password } = libpqAddress(url);
    this.#url = address;
    this.#env = {
      ...environment(),
      LC_ALL: 'C',
      PGAPPNAME: 'alongside',
      ...(password === undefined ? {} : { PGPASSWORD: password }),
    };
  }

  /** Returns the path of a program that can work with a server of this major version. @throws OperatorError */
  find(tool: PostgresTool, major: number): string {
    const name = process.platform === 'win32' ? `${tool}.exe` : tool;
    let newest = 0;
    for (const folder of this.#folders) {
      const path = join(folder, name);
      if (!existsSync(path)) continue;
      const version = Number(/ (\d+)/.exec(String(execFileSync(path, ['--version'])))?.[1]);
      if (version >= major) return path;
      newest = Math.max(newest, version);
    }
    const found = newest > 0 ? `${tool} ${newest} is older than the server` : `${tool} is missing`;
    throw new OperatorError(
      `${found}: install the client programs of PostgreSQL ${major} or newer (package postgresql-client-${major} on Debian and Ubuntu, postgresql${major} on Red Hat), or name their folder with --postgres-tools.`,
    );
  }

  /** Starts a program that connects to the database. */
  start(path: string, args: readonly string[], signal: AbortSignal): RunningTool {
    return new RunningTool(
      spawn(path, [...args], { env: this.#env, signal, stdio: ['pipe', 'pipe', 'pipe'] }),
    );
  }

  /** The arguments that select the database. */
  get connection(): readonly string[] {
    return ['--no-password', `--dbname=${this.#url}`];
  }
}

/** A program with the end of its messages. */
export class RunningTool {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves with its exit code; -1 if it could not start or was stopped. */
  readonly ended: Promise<number>;
  #messages = '';

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#messages = (this.#messages + text).slice(0, 10_000);
    });
    // Its exit code explains more than the end of its input.
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      child.once('error', () => resolve(-1)).once('close', (code) => resolve(code ?? -1));
    });
  }

  get input(): Writable {
    return this.#child.stdin;
  }

  get output(): Readable {
    return this.#child.stdout;
  }

  stop(): void {
    this.#child.kill();
  }

  /** The first error that it printed, in one line. */
  get problem(): string {
    const lines = this.#messages.split('\n').filter(Boolean);
    const line = lines.find((text) => /error|fatal/i.test(text)) ?? lines[0] ?? 'no message';
    return line
      .replace(/^(psql:<stdin>:\d+: |pg_dump: |pg_restore: |psql: )?(error|ERROR|FATAL): */, '')
      .trim();
  }
}

/** Parameters of an address that libpq knows and node-postgres uses too. */
const knownParameters = ['host', 'port', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options'];

/** Returns an address for libpq without its password, which other users could read in the process list. */
function libpqAddress(url: string): { address: string; password: string | undefined } {
  const parsed = new URL(url);
  const given = parsed.searchParams;
  const password = given.get('password') ?? (decodeURIComponent(parsed.password) || undefined);
  const kept = new URLSearchParams();
  for (const name of knownParameters) {
    const value = given.get(name);
    if (value !== null) kept.set(name, value);
  }
  if (given.get('sslmode') === 'no-verify') kept.set('sslmode', 'require');
  if (!given.has('sslmode') && isTrue(given.get('ssl'))) kept.set('sslmode', 'require');
  parsed.password = '';
  parsed.search = String(kept).replaceAll('+', '%20');
  return { address: parsed.href, password };
}

const isTrue = (value: string | null): boolean => value === 'true' || value === '1';
