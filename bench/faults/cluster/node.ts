import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { giveTo, type ServiceUser } from '../../../test/testing/service-user.ts';
import { inNetwork, type NodeName } from './network.ts';

const execute = promisify(execFile);

/** The files that an operator installs. */
export const deployed = fileURLToPath(new URL('../../../deploy/patroni/', import.meta.url));

/** Settings of a file with one `NAME=value` on each line. */
function settingsOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** Last lines of a program's output to keep, to explain its end. */
const keep = 2_000;

/**
 * One database server: its own network, processes and folders, with the files of deploy/patroni/ in their places. Patroni is the first
 * of its processes, so killing it ends all of them, as a machine without power does. etcd is beside it.
 */
export class Node {
  readonly name: NodeName;
  readonly #folder: string;
  readonly #user: ServiceUser;
  readonly #bin: string;
  readonly #passwords: Readonly<Record<string, string>>;
  #patroni: ChildProcess | undefined;
  #etcd: ChildProcess | undefined;
  #said = '';

  /** @param folder for its files, which is made here */
  constructor(
    name: NodeName,
    options: { folder: string; user: ServiceUser; bin: string; passwords: Readonly<Record<string, string>> },
  ) {
    this.name = name;
    this.#folder = join(options.folder, name);
    this.#user = options.user;
    this.#bin = options.bin;
    this.#passwords = options.passwords;
    for (const part of ['', 'etc', 'etc/tls', 'lib', 'run', 'etcd', 'etcd/tls']) {
      mkdirSync(join(this.#folder, part), { mode: 0o700 });
      giveTo(this.#user, join(this.#folder, part));
    }
    this.#install('config.yml', 'etc/config.yml', 0o600);
    this.#install('create-database', 'etc/create-database', 0o700);
  }

  /** Installs the certificate of this server and the authority of the cluster. */
  installCertificate(files: { authority: string; certificate: string; key: string }): void {
    for (const folder of ['etc/tls', 'etcd/tls']) {
      const place = (name: string) => join(this.#folder, folder, name);
      copyFileSync(files.authority, place('authority.pem'));
      copyFileSync(files.certificate, place('node.pem'));
      copyFileSync(files.key, place('node.key'));
      chmodSync(place('node.key'), 0o600);
      giveTo(this.#user, place('authority.pem'), place('node.pem'), place('node.key'));
    }
  }

  startEtcd(): void {
    const settings = { ...this.#settings('etcd.env'), ETCD_UNSAFE_NO_FSYNC: 'true', ETCD_LOG_LEVEL: 'error' };
    this.#etcd = this.#spawn(['etcd'], settings, [['etcd', '/var/lib/etcd']]);
  }

  startPatroni(): void {
    this.#patroni = this.#spawn(
      ['patroni', '/etc/patroni/config.yml'],
      { ...this.#settings('node.env'), PATRONI_POSTGRESQL_BIN_DIR: this.#bin },
      [
        ['etc', '/etc/patroni'],
        ['lib', '/var/lib/postgresql'],
        ['run', '/run/postgresql'],
      ],
    );
  }

  /** Kills PostgreSQL (SIGKILL); Patroni stays. */
  killPostgres(): void {
    const pids = readFileSync(join(this.#folder, 'lib/alongside/postmaster.pid'), 'utf8').split('\n');
    // The file has the process id in the server's namespace.
    process.kill(this.#outside(Number(pids[0])), 'SIGKILL');
  }

  /** Kills every process of the server (SIGKILL). */
  async kill(): Promise<void> {
    await Promise.all([this.#patroni, this.#etcd].map((child) => end(child)));
  }

  start(): void {
    this.startEtcd();
    this.startPatroni();
  }

  /** Runs `patronictl` on this server. */
  async control(...words: string[]): Promise<string> {
    const pid = this.#outside(1);
    const { stdout } = await execute(
      'nsenter',
      ['-t', String(pid), '-m', '-n', 'patronictl', '-c', '/etc/patroni/config.yml', ...words],
      { encoding: 'utf8', env: this.#environment(this.#settings('node.env')) },
    );
    return stdout;
  }

  /** Whether Patroni or etcd has ended by itself. */
  get hasEnded(): boolean {
    return [this.#patroni, this.#etcd].some((child) => child && child.exitCode !== null);
  }

  /** The end of what its programs said. */
  get said(): string {
    return this.#said;
  }

  #install(from: string, to: string, mode: number): void {
    const place = join(this.#folder, to);
    copyFileSync(join(deployed, from), place);
    chmodSync(place, mode);
    giveTo(this.#user, place);
  }

  /** The settings of a file for db1, with the names of this server and with passwords. */
  #settings(file: string): Record<string, string> {
    const all = settingsOf(readFileSync(join(deployed, file), 'utf8'));
    for (const [name, value] of Object.entries(all)) {
      const isOfAll = value.includes('db2');
      all[name] = this.#passwords[value] ?? (isOfAll ? value : value.replaceAll('db1', this.name));
    }
    return all;
  }

  #environment(settings: Record<string, string>): NodeJS.ProcessEnv {
    return {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: '/var/lib/postgresql',
      ...settings,
    };
  }

  /** Starts a program as the first process of a namespace, with folders of this server in these places. */
  #spawn(words: string[], settings: Record<string, string>, mounts: [string, string][]): ChildProcess {
    const binds = mounts.map(
      ([from, to]) => `mkdir -p ${to} && mount --bind ${join(this.#folder, from)} ${to}`,
    );
    const { uid = 0, gid = 0 } = this.#user;
    const as = `setpriv --pdeathsig KILL --reuid ${uid} --regid ${gid} --clear-groups`;
    const script = [...binds, `exec ${as} ${words.join(' ')}`].join(' && ');
    const child = spawn(
      'ip',
      [
        ...inNetwork(this.name).slice(1),
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'sh',
        '-c',
        script,
      ],
      { env: this.#environment(settings), stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    const hear = (part: Buffer) => {
      this.#said = (this.#said + part.toString()).slice(-keep);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    return child;
  }

  /** Returns the process id, as this program sees it, of a process of the server. */
  #outside(pid: number): number {
    const first = this.#patroni?.pid ?? 0;
    for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      const chain = statusOf(name);
      if (chain.ids.at(-1) === pid && chain.ids.length > 1 && isBelow(Number(name), first))
        return Number(name);
    }
    throw new Error(`${this.name} has no process ${pid}`);
  }
}

/** Parent of a process, and its ids in each namespace, the outermost first. */
function statusOf(pid: number | string): { parent: number; ids: number[] } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [parent] = /^PPid:\t(\d+)/m.exec(text)?.slice(1) ?? [];
    const [ids = ''] = /^NSpid:\t(.*)$/m.exec(text)?.slice(1) ?? [];
    return { parent: Number(parent), ids: ids.split('\t').map(Number) };
  } catch {
    return { parent: 0, ids: [] };
  }
}

function isBelow(pid: number, ancestor: number): boolean {
  for (let one = pid; one > 1; one = statusOf(one).parent) if (one === ancestor) return true;
  return false;
}

/** Kills the first process of a namespace, and so all of them. The program that made the namespace then ends by itself. */
async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
  process.kill(Number(first) || child.pid, 'SIGKILL');
  await exited;
}
