import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that listens on a port. Its number is undefined when this user may not see it. */
export interface Owner {
  pid: number | undefined;
  name: string;
}

const listening = '0A';

/** The sockets that listen on a port, as the kernel's tables have them (proc(5), /proc/net/tcp). */
export function listeningInodes(table: string, port: number): string[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local = '', , state]) =>
        state === listening && Number.parseInt(local.split(':').at(-1) ?? '', 16) === port,
    )
    .flatMap((fields) => fields[9] ?? []);
}

function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    // The process ended meanwhile, or is another user's.
    return otherwise;
  }
}

function nameOf(pid: number): string {
  const [program = '', script = ''] = quietly(
    () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'),
    [],
  );
  const short = (path: string) => path.split('/').slice(-2).join('/');
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

/** Who listens on a port of this machine; undefined when nobody does, or when the system does not tell (other than Linux). */
export function portOwner(port: number): Owner | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) =>
    quietly(() => readFileSync(file, 'utf8'), ''),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return ownerOf(links) ?? { pid: undefined, name: 'a process of another user' };
}
