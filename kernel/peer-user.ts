import { lstat, open } from 'node:fs/promises';
import type { HttpRequest } from '@alongside/kernel/http';
import { WindowsUsers } from './windows-users.ts';

/** Both ends of a connection, except our port. */
type Sender = Pick<HttpRequest, 'address' | 'port' | 'localAddress'>;

/** Decides whether the other end of a connection is a program of this user. All users of a machine share loopback. */
export interface PeerUser {
  isOurs(request: Sender & Pick<HttpRequest, 'connection'>): Promise<boolean>;
}

/** Accepts every user: for containers, because the browser is in another network, for macOS, and for Windows before Node.js 26. */
export const anyPeerUser: PeerUser = { isOurs: async () => true };

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
const littleEndian = (bytes: readonly number[]): string =>
  Array.from({ length: bytes.length / 4 }, (_, word) =>
    [3, 2, 1, 0].map((at) => hex(bytes[word * 4 + at] ?? 0, 2)).join(''),
  ).join('');

/** Formats a loopback address as in the Linux tables, once for each table. Returns an empty list for other addresses. */
export function tableAddresses(address: string): string[] {
  const four = /^(?:::ffff:)?(127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.exec(address)?.[1];
  if (four) {
    const bytes = four.split('.').map(Number);
    const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes];
    return [littleEndian(bytes), littleEndian(mapped)];
  }
  return address === '::1' ? [littleEndian([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])] : [];
}

const established = '01';

/**
 * Returns the uid of the socket that is connected from this address and port to ours; proc(5), `/proc/net/tcp`. Our address counts as
 * well: another user may listen on our port of 127.0.0.2, and connect here from the port from which the victim connected there.
 */
export function uidIn(table: string, from: Sender, ourPort: number): number | undefined {
  const ours = tableAddresses(from.localAddress ?? '').map((address) => `${address}:${hex(ourPort, 4)}`);
  for (const address of tableAddresses(from.address)) {
    const end = ` ${address}:${hex(from.port, 4)} `;
    // A busy machine lists thousands of connections: only the lines with the other end are split.
    for (let at = table.indexOf(end); at !== -1; at = table.indexOf(end, at + 1)) {
      const line = table.slice(table.lastIndexOf('\n', at) + 1).split('\n', 1)[0] ?? '';
      const [, local, far, state, , , , uid] = line.trim().split(/\s+/);
      if (end.trim() === local && ours.includes(far ?? '') && state === established) return Number(uid);
    }
  }
  return undefined;
}

const chunkLength = 65_536;

/** Calls `see` with the lines of a file, read in parts, until it returns true. */
async function readLines(path: string, see: (lines: string) => boolean): Promise<void> {
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  try {
    const chunk = Buffer.alloc(chunkLength);
    for (let rest = ''; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunkLength);
      const text = rest + chunk.toString('latin1', 0, bytesRead);
      const whole = bytesRead === 0 ? text.length : text.lastIndexOf('\n') + 1;
      if (see(text.slice(0, whole)) || bytesRead === 0) return;
      rest = text.slice(whole);
    }
  } finally {
    await file.close();
  }
}

interface Lookup {
  from: Sender;
  uid: number | undefined;
}

/** The IPv4 table never lists connections of `::1`, and costs as much to read. */
const mayHave: readonly [table: string, address: (address: string) => boolean][] = [
  ['/proc/net/tcp', (address) => address !== '::1'],
  ['/proc/net/tcp6', () => true],
];

/** Finds the uids of the other ends of connections, with one reading of each table; undefined if no table lists one. */
async function findUids(lookups: readonly Lookup[], ourPort: number): Promise<void> {
  for (const [table, mayList] of mayHave) {
    let wanted = lookups.filter(({ uid, from }) => uid === undefined && mayList(from.address));
    if (wanted.length === 0) continue;
    await readLines(table, (lines) => {
      for (const lookup of wanted) lookup.uid = uidIn(lines, lookup.from, ourPort);
      wanted = wanted.filter(({ uid }) => uid === undefined);
      return wanted.length === 0;
    });
  }
}

/**
 * Looks up connections of one listener. Those that arrive while the tables are read wait for the next reading, because their place in
 * the table may have been passed, and share it.
 */
function sharedLookup(ourPort: number): (from: Sender) => Promise<number | undefined> {
  let waiting: Lookup[] = [];
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const begin = () => {
    next = undefined;
    const taken = waiting;
    waiting = [];
    return findUids(taken, ourPort);
  };
  return async (from) => {
    const lookup: Lookup = { from, uid: undefined };
    waiting.push(lookup);
    if (!next) {
      next = running.catch(() => undefined).then(begin);
      running = next;
    }
    await next;
    return lookup.uid;
  };
}

/**
 * Reads the kernel's connection tables up to the connection, once for each connection: Linux walks its whole hash table for them,
 * which takes milliseconds, so connections that begin together share a reading. A connection that is not listed belongs to no user.
 */
export function linuxPeerUser(ourPort: number, ourUid: number): PeerUser {
  const uids = new WeakMap<object, number>();
  const uidOf = sharedLookup(ourPort);
  return {
    async isOurs(from) {
      const known = from.connection && uids.get(from.connection);
      const uid = known ?? (await uidOf(from));
      if (from.connection && uid !== undefined) uids.set(from.connection, uid);
      return uid === ourUid;
    },
  };
}

/** Accepts connections of one Windows user. A program whose user Windows does not tell belongs to another one, or to the system. */
export function windowsPeerUser(ourPort: number, users: Pick<WindowsUsers, 'own' | 'connected'>): PeerUser {
  const known = new WeakMap<object, boolean>();
  return {
    async isOurs({ address, port, localAddress = '', connection }) {
      const before = connection && known.get(connection);
      if (before !== undefined) return before;
      const user = users.connected({ address, port }, { address: localAddress, port: ourPort });
      if (connection && user !== undefined) known.set(connection, user === users.own);
      return user === users.own;
    },
  };
}

/** Returns the check for a listener at this address: only the user of this process, or everyone if it is switched off. */
export function peerUserOf(url: string, isChecked: boolean): PeerUser {
  const [uid, users] = [process.getuid?.(), WindowsUsers.find()];
  if (!isChecked) return anyPeerUser;
  const { port: named, protocol } = new URL(url);
  const port = Number(named || (protocol === 'https:' ? 443 : 80));
  if (users) return windowsPeerUser(port, users);
  return process.platform === 'linux' && uid !== undefined ? linuxPeerUser(port, uid) : anyPeerUser;
}

/**
 * Returns the reason not to use a local socket: another user may have created it and would receive PINs and
 * secrets. Returns undefined if it belongs to this user or root, or does not exist.
 */
export async function socketFault(path: string): Promise<string | undefined> {
  if (path.startsWith('\\\\'))
    return (await WindowsUsers.find()?.isOwnPipe(path)) === false
      ? `the pipe ${path} belongs to another user`
      : undefined;
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const entry = await lstat(path).catch(() => undefined);
  if (!entry || ((entry.uid === own || entry.uid === 0) && entry.isSocket())) return undefined;
  return entry.isSocket()
    ? `the socket ${path} belongs to another user (uid ${entry.uid})`
    : `${path} is not a socket`;
}
