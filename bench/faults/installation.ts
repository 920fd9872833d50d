import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { MasterKeyFile } from '../../src/boot/master-key.ts';
import { freePorts } from '../../test/testing/free-port.ts';
import { startPostgres, type TestPostgres } from '../../test/testing/postgres.ts';
import { type FaultyProxy, startProxy } from '../../test/testing/proxy.ts';
import { serviceFolder, serviceUser } from '../../test/testing/service-user.ts';
import { callConsole } from '../command.ts';
import { Balancer } from './balancer.ts';
import { Cluster } from './cluster/cluster.ts';
import { ServiceProcess } from './process.ts';
import { mountSmallDisk } from './small-disk.ts';

export type DatabaseName = 'sqlite' | 'postgres' | 'cluster';

/** An application of the load. */
export interface Client {
  clientId: string;
  clientSecret: string;
}

/** Ports of one process: six services, two for mutual TLS, two spare. */
const portsEach = 10;
const product = 'faults';
/** The process that reaches a cluster through HAProxy; the others have all servers in their setting. */
export const throughProxy = 'platform-2';

/**
 * Four processes on one database: one with the workstation's agent and the console, one with CIS and CIS2, two with the API
 * platform behind a load balancer. CIS2 and a single PostgreSQL are behind proxies that can be faulty.
 */
export interface Installation {
  readonly database: DatabaseName;
  /** Data folder, also of SQLite. */
  readonly folder: string;
  /** Small disks of the data, which can be filled; undefined unless the installation was started with them. */
  readonly disks: SmallDisks | undefined;
  /** Public address of the API platform. */
  readonly api: string;
  readonly desk: ServiceProcess;
  readonly signIn: ServiceProcess;
  readonly platforms: readonly ServiceProcess[];
  readonly balancer: Balancer;
  /** Proxy of CIS2. */
  readonly cis2: FaultyProxy;
  readonly cis2Port: number;
  /** Proxy of PostgreSQL; undefined with SQLite. */
  readonly storage: FaultyProxy | undefined;
  readonly postgres: TestPostgres | undefined;
  /** Three servers with PostgreSQL under Patroni. */
  readonly cluster: Cluster | undefined;
  readonly client: Client;
  /** Proxy of CIS's mail server. */
  readonly mail: FaultyProxy;
  consoleCall<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** Inserts the card and enters the PIN. */
  signInAtDesk(): Promise<void>;
  /** Runs after the installation has stopped. */
  atEnd(work: () => unknown): void;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  database: DatabaseName;
  /** Whether the data is on small disks, which can be filled. */
  hasSmallDisks?: boolean | undefined;
}

/** Mount points of small disks. */
export interface SmallDisks {
  /** For the tables; with SQLite also for the log. */
  readonly tables: string;
  readonly log: string;
}

/** `/readyz` fails with little free space, so there must be enough before it is filled. */
const megabytes = { sqlite: 384, tables: 96, log: 64 };

/** Ends everything that was started, the last first. */
class Cleanup {
  readonly #work: (() => unknown)[] = [];

  add(work: () => unknown): void {
    this.#work.unshift(work);
  }

  addLast(work: () => unknown): void {
    this.#work.push(work);
  }

  async run(): Promise<void> {
    for (const work of this.#work.splice(0)) await work();
  }
}

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const cleanup = new Cleanup();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** A mail server that accepts everything. Returns its port. */
async function startMailServer(cleanup: Cleanup): Promise<number> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => void stream.on('end', () => done()).resume(),
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  cleanup.add(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.server.address() as AddressInfo).port;
}

/** Mounts the small disks of a PostgreSQL cluster in folders that its account can access. */
function mountPostgresDisks(cleanup: Cleanup): SmallDisks {
  const mount = (size: number): string => {
    const folder = serviceFolder('alongside-disk-', serviceUser('postgres'));
    cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
    cleanup.add(mountSmallDisk(folder, size));
    return folder;
  };
  return { tables: mount(megabytes.tables), log: mount(megabytes.log) };
}

async function start(
  { database, hasSmallDisks = false }: InstallationOptions,
  cleanup: Cleanup,
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-faults-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  mkdirSync(data);
  let disks: SmallDisks | undefined;
  if (hasSmallDisks && database === 'sqlite') {
    cleanup.add(mountSmallDisk(data, megabytes.sqlite));
    disks = { tables: data, log: data };
  }
  const masterKey = join(folder, 'master.key');
  new MasterKeyFile(folder, { masterKey }).make();

  let postgres: TestPostgres | undefined;
  let storage: FaultyProxy | undefined;
  let cluster: Cluster | undefined;
  /** The database of a process. */
  let settingOf = (_process: string) => `sqlite:${join(data, 'alongside.db')}`;
  if (database === 'postgres') {
    if (hasSmallDisks) disks = mountPostgresDisks(cleanup);
    // Confirmed writes must survive a crash, so fsync is on. A small log is quickly full.
    const settings = ['fsync=on', ...(disks ? ['max_wal_size=16MB', 'min_wal_size=2MB'] : [])];
    postgres = await startPostgres({ settings, apart: true, folders: disks });
    cleanup.add(() => postgres?.stop());
    await postgres.create('faults');
    storage = await startProxy({ path: postgres.socket });
    cleanup.add(() => storage?.close());
    const { port } = storage;
    settingOf = () => `postgres://alongside@127.0.0.1:${port}/faults`;
  }
  if (database === 'cluster') {
    const started = await Cluster.start();
    cleanup.add(() => started.stop());
    cluster = started;
    // Both ways to find the primary, under the same faults.
    settingOf = (name) => started.address(name === throughProxy ? 'proxy' : 'hosts');
  }

  const mail = await startProxy({ port: await startMailServer(cleanup), host: '127.0.0.1' });
  cleanup.add(() => mail.close());
  // Chosen here, because a restarted process needs the same ones.
  const base = await freePorts(4 * portsEach, 20_000, 30_000);
  const cis2Port = base + portsEach + 2;
  const cis2 = await startProxy({ port: cis2Port, host: '127.0.0.1' });
  cleanup.add(() => cis2.close());
  const apiPorts = [base + 2 * portsEach + 1, base + 3 * portsEach + 1];
  const balancer = await Balancer.start(0, apiPorts);
  cleanup.add(() => balancer.close());
  const console = `http://localhost:${base}`;
  const api = `http://localhost:${balancer.port}`;
  const flags = (name: string, n: number, only: string) => [
    '--only',
    only,
    '--data',
    join(folder, name),
    '--port-base',
    String(base + n * portsEach),
    '--database',
    settingOf(name),
    '--master-key',
    masterKey,
    '--log-level',
    'error',
    '--url-api',
    api,
    '--url-cis2',
    `http://localhost:${cis2.port}`,
    '--url-console',
    console,
    '--url-cis',
    `http://localhost:${base + portsEach + 4}`,
    '--url-identity-agent',
    `http://127.0.0.1:${base + 3}`,
    '--network-limits',
    '{"requests": 10000000, "failures": 10000000, "rows": 10000000}',
    '--drain-delay',
    '1',
    '--smtp-url',
    `smtp://127.0.0.1:${mail.port}`,
  ];
  const desk = new ServiceProcess('desk', base, flags('desk', 0, 'identity-agent,console'));
  const signIn = new ServiceProcess('sign-in', cis2Port, flags('sign-in', 1, 'cis,cis2'));
  const platforms = apiPorts.map(
    (port, n) =>
      new ServiceProcess(
        `platform-${n + 1}`,
        port,
        flags(`platform-${n + 1}`, n + 2, 'authorisation,gateway'),
      ),
  );
  const processes = [desk, signIn, ...platforms];
  for (const one of processes) cleanup.add(() => one.end('SIGKILL'));
  await Promise.all(processes.map((one) => one.start()));

  const consoleCall = <T>(method: string, path: string, body?: unknown) =>
    callConsole<T>(console, method, path, body);

  // A separate product lifts the published limit of 300 requests a minute.
  await consoleCall('POST', '/products', {
    name: product,
    apis: ['hello-world', 'oauth2.1'],
    scopes: ['urn:nhsd:apim:user-nhs-cis2:aal3:hello-world', 'urn:nhsd:apim:user-nhs-id:aal3:hello-world'],
    limits: null,
  });
  const { platform: client } = await consoleCall<{ platform: Client }>('POST', '/applications', {
    name: 'faults',
    profile: 'standard',
    platform: { callbackUrls: ['http://localhost:1/callback'], products: [product] },
  });
  const installation: Installation = {
    database,
    folder: data,
    disks,
    api,
    desk,
    signIn,
    platforms,
    balancer,
    cis2,
    cis2Port,
    storage,
    postgres,
    cluster,
    client,
    mail,
    consoleCall,
    async signInAtDesk() {
      await consoleCall('PUT', '/readers/0/card', { card: 'gp' });
      await consoleCall('POST', '/agent/pin', { pin: '123456' });
    },
    atEnd: (work) => cleanup.addLast(work),
    stop: () => cleanup.run(),
  };
  await installation.signInAtDesk();
  return installation;
}
