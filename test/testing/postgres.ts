import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { renameSafelySync } from '@alongside/kernel/rename';
import { giveTo, type ServiceUser, serviceFolder, serviceUser } from './service-user.ts';
import { share } from './shared.ts';

/** Returns the folder of PostgreSQL's server programs, if they are installed. */
function findBinaries(): string | undefined {
  const named = process.env.ALONGSIDE_POSTGRES_BIN;
  if (named) return named;
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  for (const version of versions) {
    const folder = join(root, version, 'bin');
    if (existsSync(join(folder, 'initdb'))) return folder;
  }
  return undefined;
}

/** Returns the folder of the programs of PostgreSQL. */
export function postgresPrograms(): string {
  const folder = findBinaries();
  if (folder !== undefined) return folder;
  throw new Error(
    'PostgreSQL is not installed. Install the package postgresql, or name its bin folder in ALONGSIDE_POSTGRES_BIN.',
  );
}

/** The reason to skip a test with PostgreSQL; false if it is installed. */
export const postgresMissing = findBinaries() === undefined && 'needs PostgreSQL';

/** Returns the dialects that tests can run on. Without PostgreSQL, the run reports its tests as not run. */
export function dialects<S, P>(sqlite: S, postgres: P): readonly (S | P)[] {
  if (postgresMissing === false) return [sqlite, postgres];
  const notes = process.env.ALONGSIDE_NOT_RUN;
  if (notes) appendFileSync(notes, 'the tests of both dialects on PostgreSQL, which is not installed\n');
  return [sqlite];
}

/** A PostgreSQL for one test: a temporary cluster on its own socket, owned by an unprivileged user. */
export interface TestPostgres {
  url: string;
  /** The socket on which it listens. */
  socket: string;
  /** The account that runs it. */
  owner: ServiceUser;
  /** Process id of the server, the parent of the processes for its connections. */
  readonly pid: number;
  /** Whether the server has exited, as it does when it cannot recover. */
  readonly hasEnded: boolean;
  /** Creates a database in this cluster and returns its URL. */
  create(name: string): Promise<string>;
  /** Executes a statement in one of its databases; throws with the server's message. */
  execute(database: string, statement: string): void;
  /** Ends it at once without writing, like a crash. */
  crash(): Promise<void>;
  /** Restarts it after a crash. */
  restart(): Promise<void>;
  /** Starts a synchronous standby, for which each commit waits from now on. */
  startStandby(): Promise<TestStandby>;
  stop(): Promise<void>;
}

/** A server with everything that another one confirmed, which can replace it. */
export interface TestStandby {
  /** The socket on which it listens. */
  socket: string;
  /** Resolves when it accepts writes. */
  promote(): void;
  stop(): Promise<void>;
}

/** Kills a server. */
async function endServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGQUIT');
  await ended;
}

export interface PostgresOptions {
  /** Parameters of the server, for measurements. */
  settings?: readonly string[];
  /** Protects it from the terminal's Ctrl-C, for a program that ends it itself. */
  apart?: boolean;
  /** Empty folders for the tables of its databases and for the write-ahead log, instead of the cluster's. */
  folders?: { tables: string; log: string } | undefined;
}

/** The databases of a test file in a server that the files of a group share. */
export type TestDatabases = Pick<TestPostgres, 'create' | 'stop'>;

let databases = 0;

/** Returns the means to create databases, for tests that need no server of their own. */
export async function sharePostgres(): Promise<TestDatabases> {
  const { part: server, end } = await share('PostgreSQL', async () => {
    const postgres = await startPostgres();
    return { part: postgres, end: () => postgres.stop() };
  });
  return { create: (name) => server.create(`${name}_${++databases}`), stop: end };
}

type Options = ServiceUser & { cwd: string; env: NodeJS.ProcessEnv };

function initialise(data: string, options: Options, more: readonly string[] = []): void {
  const given = ['-D', data, '-U', 'alongside', '-A', 'trust', '--no-sync', '-E', 'UTF8', ...more];
  execFileSync(join(postgresPrograms(), 'initdb'), given, { ...options, stdio: 'pipe' });
}

/** Copies the data of the run's first cluster, because initdb takes ten times as long as a copy. */
function initialiseOnce(data: string, options: Options): void {
  const first = process.env.ALONGSIDE_POSTGRES_DATA;
  if (first && existsSync(first)) {
    copyFolder(first, data);
    return;
  }
  initialise(data, options);
  if (!first) return;
  const draft = `${first}.${process.pid}`;
  copyFolder(data, draft);
  try {
    renameSafelySync(draft, first);
  } catch {
    // Another process was quicker: its folder is not empty.
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Keeps the owner and the modes, which PostgreSQL checks. */
const copyFolder = (from: string, to: string): void =>
  void execFileSync('cp', ['-a', from, to], { stdio: 'pipe' });

/** Starts a cluster. */
export async function startPostgres({
  settings = [],
  apart = false,
  folders,
}: PostgresOptions = {}): Promise<TestPostgres> {
  const bin = postgresPrograms();
  // PostgreSQL refuses to run as root.
  const owner = serviceUser('postgres');
  const folder = serviceFolder('alongside-pg-', owner);
  const data = join(folder, 'data');
  const options = { ...owner, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
  if (folders) giveTo(owner, folders.tables, folders.log);
  if (folders) initialise(data, options, [`--waldir=${folders.log}`, '--wal-segsize=1']);
  else initialiseOnce(data, options);
  const given = ['listen_addresses=', 'fsync=off', 'max_connections=60', ...settings].flatMap((one) => [
    '-c',
    one,
  ]);
  const launch = async (cluster = data, sockets = folder): Promise<ChildProcess> => {
    const server = spawn(join(bin, 'postgres'), ['-D', cluster, '-k', sockets, ...given], {
      ...options,
      detached: apart,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      server.stderr.on('data', (part: Buffer) => {
        log += part.toString();
        if (/ready to accept (read-only )?connections/.test(log)) resolve();
      });
      server.on('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)));
    });
    return server;
  };
  let server = await launch();
  const execute = (database: string, statement: string) =>
    void execFileSync(
      join(bin, 'psql'),
      ['-h', folder, '-U', 'alongside', '-d', database, '-qc', statement],
      {
        ...options,
        stdio: 'pipe',
      },
    );
  const command = (statement: string) => execute('postgres', statement);
  if (folders) command(`CREATE TABLESPACE apart LOCATION '${folders.tables}'`);
  const urlOf = (name: string) => `postgres://alongside@localhost/${name}?host=${encodeURIComponent(folder)}`;
  return {
    url: urlOf('postgres'),
    socket: join(folder, '.s.PGSQL.5432'),
    owner,
    get pid() {
      return server.pid ?? 0;
    },
    get hasEnded() {
      return server.exitCode !== null || server.signalCode !== null;
    },
    async create(name) {
      command(`CREATE DATABASE ${name}${folders ? ' TABLESPACE apart' : ''}`);
      return urlOf(name);
    },
    execute,
    crash: () => endServer(server),
    async restart() {
      server = await launch();
    },
    async startStandby() {
      const place = serviceFolder('alongside-pg-', owner);
      const copy = join(place, 'data');
      const from = [
        '-h',
        folder,
        '-U',
        'alongside',
        ...(folders ? ['-T', `${folders.tables}=${join(place, 'tables')}`] : []),
      ];
      execFileSync(
        join(bin, 'pg_basebackup'),
        [...from, '-D', copy, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync'],
        { ...options, stdio: 'pipe' },
      );
      const standby = await launch(copy, place);
      command("ALTER SYSTEM SET synchronous_standby_names = '*'");
      command('SELECT pg_reload_conf()');
      return {
        socket: join(place, '.s.PGSQL.5432'),
        promote: () =>
          void execFileSync(join(bin, 'pg_ctl'), ['promote', '-w', '-D', copy], {
            ...options,
            stdio: 'pipe',
          }),
        async stop() {
          await endServer(standby);
          rmSync(place, { recursive: true, force: true });
        },
      };
    },
    async stop() {
      await endServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
