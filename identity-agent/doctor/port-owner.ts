import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that listens on a port. Its number is undefined when this user may not see it. */
export interface Owner {
  pid: number | undefined;
  name: string;
}

function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    // The process ended meanwhile, or is another user's.
    return otherwise;
  }
}

/** The sockets that listen on a port; proc(5), /proc/net/tcp. */
export function listeningInodes(table: string, port: number): string[] {
  const lines = table.split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const number = Number.parseInt(local.split(':').at(-1) ?? '', 16);
    return state === '0A' && number === port && inode !== undefined ? [inode] : [];
  });
}

const programOf = (pid: string): string => {
  const [program = '', argument = ''] = quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split(
    '\0',
  );
  const short = (path: string) => path.split('/').slice(-2).join('/');
  return argument === '' || argument.startsWith('-')
    ? short(program)
    : `${short(program)} ${short(argument)}`;
};

/** Who listens on a port of this machine; undefined when nobody does, or when the system does not tell. */
export function portOwner(port: number): Owner | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) =>
    quietly(() => readFileSync(file, 'utf8'), ''),
  );
  const links = new Set(
    tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
  );
  if (links.size === 0) return undefined;
  const pid = quietly(() => readdirSync('/proc'), []).find(
    (entry) =>
      /^\d+$/.test(entry) &&
      quietly(() => readdirSync(`/proc/${entry}/fd`), []).some((fd) =>
        links.has(quietly(() => readlinkSync(`/proc/${entry}/fd/${fd}`), '')),
      ),
  );
  return pid === undefined
    ? { pid: undefined, name: 'a program of another user' }
    : { pid: Number(pid), name: programOf(pid) };
}
