import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { WindowsUsers } from '@alongside/kernel/windows-users';
import { ownUid } from './environment.ts';

const ESTABLISHED = '01';
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** Formats an end of a connection as the tables of IPv4 and IPv6 do; proc(5), `/proc/net/tcp`. */
function endsOf(address: string, port: number): string[] {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const four = address
    .split('.')
    .reverse()
    .map((byte) => hex(Number(byte), 2))
    .join('');
  return [four, `0000000000000000FFFF0000${four}`].map((end) => `${end}:${hex(port, 4)}`);
}

/** Returns the uid of the program that is connected from one IPv4 end to another; undefined if no table lists it. */
export function uidIn(
  tables: readonly string[],
  from: readonly [string, number],
  to: readonly [string, number],
): number | undefined {
  const [far, near] = [endsOf(...from), endsOf(...to)];
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local = '', remote = '', state, , , , uid] = line.trim().split(/\s+/);
    if (state === ESTABLISHED && far.includes(local) && near.includes(remote)) return Number(uid);
  }
  return undefined;
}

/**
 * Returns whether the other end of a connection to a listener on 127.0.0.1 is a program of this user, or of root, which relays for
 * others, such as for a browser outside WSL. All users of a machine share loopback. On macOS, on Windows
 * before Node.js 26, and where the tables cannot be read, it is not known, and every program is accepted.
 */
export async function isOwnPeer({
  remoteAddress,
  remotePort,
  localAddress,
  localPort,
}: Socket): Promise<boolean> {
  const users = WindowsUsers.find();
  if (users) {
    const from = { address: remoteAddress ?? '', port: remotePort ?? 0 };
    return users.connected(from, { address: localAddress ?? '', port: localPort ?? 0 }) === users.own;
  }
  const own = ownUid();
  if (process.platform !== 'linux' || own === undefined) return true;
  const from = [remoteAddress ?? '', remotePort ?? 0] as const;
  const to = [localAddress ?? '', localPort ?? 0] as const;
  // A table that changes while it is read may lack a line.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const read = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => undefined)));
    const tables = read.filter((table) => table !== undefined);
    if (tables.length === 0) return true;
    const uid = uidIn(tables, from, to);
    if (uid !== undefined) return uid === own || uid === 0;
  }
  return false;
}
