import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperatorError } from './operator.ts';
import { WindowsUsers } from './windows-users.ts';

/** A process that listens on a port. The id is undefined if this user may not see it. */
export interface Owner {
  pid: number | undefined;
  name: string;
}

const listening = '0A';

/** Returns the fields of sockets that listen on a port, from the kernel's tables (proc(5), /proc/net/tcp). */
const listeners = (table: string, port: number): string[][] =>
  listeningLines(table)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local = '', , state]) =>
        state === listening && Number.parseInt(local.split(':').at(-1) ?? '', 16) === port,
    );

/** Leaves out the connections, of which a table may have thousands. */
const listeningLines = (table: string): string[] =>
  table.split('\n').filter((line) => line.includes(` ${listening} `));

export const listeningInodes = (table: string, port: number): string[] =>
  listeners(table, port).flatMap((fields) => fields[9] ?? []);

/** Returns whether programs of this machine connect to an address: loopback or the wildcard. */
const isNear = (local = ''): boolean =>
  /^(0{8}|[0-9A-F]{6}7F|0{32}|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/.test(local);

/** Returns the uids that listen on a port where programs of this machine connect. */
const usersIn = (table: string, port: number): number[] => [
  ...new Set(
    listeners(table, port)
      .filter(([, local]) => isNear(local))
      .map((fields) => Number(fields[7])),
  ),
];

/** Returns the uids of other users, except root, who listen on a port where programs of this machine connect. */
export const otherUsersIn = (table: string, port: number, own: number): number[] =>
  usersIn(table, port).filter((uid) => uid !== own && uid !== 0);

/** Finds who listens at ports of this machine. `unknown` without a listener, and for root, who may listen for any user. */
export interface PortOwners {
  ownerOf(port: number): Promise<'own' | 'other' | 'unknown'>;
}

/** Returns the owner by the tables for IPv4 and IPv6. Where two users listen at different addresses, a browser may reach either. */
export function ownerIn(tables: readonly string[], port: number, own: number): 'own' | 'other' | 'unknown' {
  const users = tables.flatMap((table) => usersIn(table, port));
  if (users.some((uid) => uid !== own && uid !== 0)) return 'other';
  return users.length > 0 && users.every((uid) => uid === own) ? 'own' : 'unknown';
}

/** Returns the owner by the users of all listeners on Windows. The system may listen for any user, as root does on Linux. */
export function windowsOwner(
  listeners: readonly (string | undefined)[],
  own: string,
): 'own' | 'other' | 'unknown' {
  const system = ['S-1-5-18', 'S-1-5-19', 'S-1-5-20'];
  if (listeners.some((user) => user !== undefined && user !== own && !system.includes(user))) return 'other';
  return listeners.length > 0 && listeners.every((user) => user === own) ? 'own' : 'unknown';
}

/** Returns the owners by the tables of the system; always `unknown` on macOS, or if it is switched off for a container. */
export function portOwnersOf(isChecked: boolean): PortOwners {
  const [own, users] = [process.getuid?.(), WindowsUsers.find()];
  if (isChecked && users) return { ownerOf: async (port) => windowsOwner(users.listening(port), users.own) };
  if (!isChecked || process.platform !== 'linux' || own === undefined)
    return { ownerOf: async () => 'unknown' };
  return {
    async ownerOf(port) {
      // Without IPv6 there is one table.
      const [four, six] = await Promise.all(
        tableFiles.map((file) => readFile(file, 'utf8').catch(() => undefined)),
      );
      return four === undefined ? 'unknown' : ownerIn([four, six ?? ''], port, own);
    },
  };
}

function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    // The process has ended or belongs to another user.
    return otherwise;
  }
}

function nameOf(pid: number): string {
  const [program = '', script = ''] = quietly(
    () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'),
    [],
  );
  const short = (path: string) => join(basename(dirname(path)), basename(path));
  return script === '' || script.startsWith('-') ? short(program) : `${short(program)} ${short(script)}`;
}

function ownerOf(links: ReadonlySet<string>): Owner | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const fds = quietly(() => readdirSync(`/proc/${entry}/fd`), []);
    const held = fds.some((fd) => links.has(quietly(() => readlinkSync(`/proc/${entry}/fd/${fd}`), '')));
    if (held) return { pid: Number(entry), name: nameOf(Number(entry)) };
  }
  return undefined;
}

const tableFiles = ['/proc/net/tcp', '/proc/net/tcp6'];

const readTables = (): string[] => tableFiles.map((file) => quietly(() => readFileSync(file, 'utf8'), ''));

/** Returns a function that lists the other users at a port. It reads the tables once, which takes milliseconds. */
function otherUsers(): (port: number) => number[] {
  const own = process.getuid?.();
  const tables = own === undefined ? [] : readTables().map((table) => listeningLines(table).join('\n'));
  return (port) => tables.flatMap((table) => otherUsersIn(table, port, own ?? 0));
}

const whoHolds = (users: readonly number[]): string =>
  `Another user of this machine (uid ${users.join(', ')}) holds it and can show pages that look like ours: contact the administrator of the machine.`;

/** Returns the error for a port in use. It names another user who listens there. */
export function portTaken(port: number, service: string, remedy: string): OperatorError {
  const users = otherUsers()(port);
  const held = users.length === 0 ? '' : ` ${whoHolds(users)}`;
  return new OperatorError(`Port ${port} is in use, so ${service} cannot start.${held} ${remedy}`);
}

/**
 * Throws if another user of the machine also listens on one of these ports, at another loopback address: a browser that resolves
 * `localhost` may connect to that one.
 */
export function requireOwnPorts(taken: readonly { port: number; service: string }[]): void {
  const othersAt = otherUsers();
  for (const { port, service } of taken) {
    const users = othersAt(port);
    if (users.length > 0)
      throw new OperatorError(
        `Port ${port} is not ours alone, so ${service} does not start. ${whoHolds(users)}`,
      );
  }
}

/** Returns the process that listens on a port of this machine; undefined for a free port, or on systems other than Linux. */
export function portOwner(port: number): Owner | undefined {
  const inodes = readTables().flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return ownerOf(links) ?? { pid: undefined, name: 'a process of another user' };
}

/** Returns why the system refuses a port. Windows does so in the ranges that Hyper-V, WSL and Docker reserve, which change at each start. */
export const portRefused = (port: number, platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32'
    ? `Windows refuses port ${port}: it is reserved, such as for Hyper-V ("netsh int ipv4 show excludedportrange tcp" lists the ranges), or held by another user`
    : `Port ${port} needs rights that this user lacks`;
