import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Ffi, findFfi, NativeLibrary } from './ffi.ts';
import { environment } from './operator.ts';
import { ownSid } from './pipe-name.ts';

// Owners and access control lists of Windows, where modes such as 0600 have no effect. The functions that decide get them as data.

/** An entry that allows access. */
interface Entry {
  /** A SID, or its abbreviation in SDDL. */
  readonly user: string;
  /** Bits of an access mask. */
  readonly rights: number;
}

/** Who owns a file or folder, and who has rights to it. */
export interface Access {
  readonly owner: string;
  readonly entries: readonly Entry[];
}

/** Rights as SDDL abbreviates them (MS-DTYP section 2.5.1.1). */
const abbreviated: Readonly<Record<string, number>> = {
  GA: 0x10000000,
  GR: 0x80000000,
  GW: 0x40000000,
  GX: 0x20000000,
  RC: 0x20000,
  SD: 0x10000,
  WD: 0x40000,
  WO: 0x80000,
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
  FA: 0x1f01ff,
  FR: 0x120089,
  FW: 0x120116,
  FX: 0x1200a0,
};
const all = 0xffffffff;

/** Bits that change a file, its name or its access: of these, only the first two differ for a folder. */
const changing = {
  /** Write and append data, delete, write the list and the owner; all and write. */
  file: 0x2 | 0x4 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000,
  /** A new file in a folder has its creator as owner, so it replaces none. Deleting others does. */
  folder: 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000,
};
/** Read or write data; all, read and write. */
const opening = 0x1 | 0x2 | 0x4 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x80000000 | 0x40000000;

function rightsOf(text: string): number {
  if (/^(?:0x[\da-f]+|\d+)$/i.test(text)) return Number(text);
  const names = text.match(/../g) ?? [];
  return names.reduce((rights, name) => rights | (abbreviated[name] ?? all), 0);
}

/** Abbreviations of users that the rules below name. */
const sids: Readonly<Record<string, string>> = {
  BA: 'S-1-5-32-544',
  SY: 'S-1-5-18',
  CO: 'S-1-3-0',
  OW: 'S-1-3-4',
};
const [administrators, system, ownerRights] = ['S-1-5-32-544', 'S-1-5-18', 'S-1-3-4'];
const trustedInstaller = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
const groups: Readonly<Record<string, string>> = {
  BU: 'Users',
  AU: 'Authenticated Users',
  WD: 'Everyone',
  IU: 'Interactive',
  BG: 'Guests',
};

/** Parses a security descriptor of a file in SDDL; undefined for any other text. Entries that deny access are ignored. */
export function parseSddl(text: string): Access | undefined {
  const [head, owner = ''] = /^O:([A-Z]{2}|S-[\d-]+)(?:G:(?:[A-Z]{2}|S-[\d-]+))?/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const list = text.slice(head.length);
  // Without a list, everyone has all rights.
  if (!list.startsWith('D:') || list.includes('NO_ACCESS_CONTROL'))
    return { owner: sids[owner] ?? owner, entries: [{ user: 'WD', rights: all }] };
  const [, ...texts] = (list.split('S:')[0] ?? '').split(/\((?=[A-Z]{1,2};)/);
  const entries = texts.flatMap((entry) => {
    const [type = '', flags = '', rights = '', , , user = ''] = entry.split(/[;)]/);
    // D, OD and XD deny. IO is for what is created inside.
    if (type.endsWith('D') || flags.match(/../g)?.includes('IO')) return [];
    return [{ user: sids[user] ?? user, rights: rightsOf(rights) }];
  });
  return { owner: sids[owner] ?? owner, entries };
}

const othersWith = ({ entries }: Access, rights: number, trusted: readonly string[]): string[] =>
  entries
    .filter((entry) => (entry.rights & rights) !== 0 && !trusted.includes(entry.user))
    .map(({ user }) => groups[user] ?? user);

/** Returns why users who are no administrators decide what a file or folder contains; undefined if they do not. */
export function changeableBy(access: Access, kind: keyof typeof changing): string | undefined {
  const trusted = [administrators, system, trustedInstaller];
  if (!trusted.includes(access.owner))
    return `belongs to ${groups[access.owner] ?? access.owner}, not to Administrators or SYSTEM`;
  const [user] = othersWith(access, changing[kind], [...trusted, ownerRights]);
  return user && `can be changed by ${user}`;
}

/** Returns a user besides the given one, administrators and SYSTEM who can open a file or folder; undefined if there is none. */
export function openTo(access: Access, user: string): string | undefined {
  const trusted = [administrators, system, user];
  if (![...trusted, trustedInstaller].includes(access.owner)) return access.owner;
  return othersWith(access, opening, [...trusted, ownerRights, trustedInstaller])[0];
}

/** Returns the path of a program of Windows itself: one of this name on the PATH could be another. */
const systemProgram = (...names: string[]): string =>
  [environment().SystemRoot ?? 'C:\\Windows', 'System32', ...names].join('\\');

function outputOf(program: string, args: readonly string[], variables: Record<string, string> = {}): string {
  const env = { ...environment(), ...variables };
  return spawnSync(program, args, { encoding: 'utf8', timeout: 30_000, windowsHide: true, env }).stdout ?? '';
}

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');

/** Reads security descriptors through the library of the system. */
function nativeSddl(ffi: Ffi, paths: readonly string[]): string[] {
  const security = NativeLibrary.ofWindows(ffi, 'advapi32.dll');
  const free = NativeLibrary.ofWindows(ffi, 'kernel32.dll').find<bigint>('LocalFree', 'pointer', 'pointer');
  const [word, address] = ['uint32', 'pointer'] as const;
  const [FILE_OBJECT, OWNER_AND_LIST, REVISION] = [1, 1 | 4, 1];
  const outputs = [address, address, address, address, address] as const;
  const read = security.find('GetNamedSecurityInfoW', word, address, word, word, ...outputs);
  const convert = security.find(
    'ConvertSecurityDescriptorToStringSecurityDescriptorW',
    word,
    ...[address, word, word, address, address],
  );
  return paths.map((path) => {
    const [descriptor, text, length] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(4)];
    try {
      if (read(wide(path), FILE_OBJECT, OWNER_AND_LIST, null, null, null, null, descriptor) !== 0) return '';
      if (convert(descriptor.readBigUInt64LE(), REVISION, OWNER_AND_LIST, text, length) === 0) return '';
      return ffi.toBuffer(text.readBigUInt64LE(), 2 * length.readUInt32LE()).toString('utf16le');
    } finally {
      free(descriptor.readBigUInt64LE());
      free(text.readBigUInt64LE());
    }
  });
}

/** Reads them in Node.js before 26. The language mode of managed computers lets a script read this property, and call nothing else. */
function scriptSddl(paths: readonly string[]): string[] {
  const script = "$env:ALONGSIDE_PATHS -split '\\|' | ForEach-Object { (Get-Acl -LiteralPath $_).Sddl }";
  const powershell = systemProgram('WindowsPowerShell', 'v1.0', 'powershell.exe');
  const args = ['-NoProfile', '-NonInteractive', '-Command', script];
  return outputOf(powershell, args, { ALONGSIDE_PATHS: paths.join('|') })
    .trim()
    .split(/\r?\n/);
}

/** Reads this process's user and the access to existing files of Windows; undefined if it cannot be read. */
export function readAccess(paths: readonly string[]): { user: string; accesses: Access[] } | undefined {
  const ffi = findFfi();
  const texts = ffi ? nativeSddl(ffi, paths) : scriptSddl(paths);
  const accesses = texts.map(parseSddl).filter((access) => access !== undefined);
  return accesses.length === paths.length ? { user: ownSid(), accesses } : undefined;
}

/**
 * Returns another user who can open a file or folder; undefined if there is none, on other systems and where it cannot be read.
 * @param path may be missing
 */
export function otherReader(path: string, read = readAccess): string | undefined {
  if (process.platform !== 'win32' && read === readAccess) return undefined;
  if (!existsSync(path)) return undefined;
  const { user = '', accesses: [access] = [] } = read([path]) ?? {};
  return access && openTo(access, user);
}

/** Sets the access list of a file in SDDL, without what its folder passes on. Returns false if Windows refuses. */
function setNativeList(ffi: Ffi, path: string, sddl: string): boolean {
  const security = NativeLibrary.ofWindows(ffi, 'advapi32.dll');
  const free = NativeLibrary.ofWindows(ffi, 'kernel32.dll').find<bigint>('LocalFree', 'pointer', 'pointer');
  const [word, address] = ['uint32', 'pointer'] as const;
  const [PROTECTED_LIST, REVISION] = [0x80000004, 1];
  const name = 'ConvertStringSecurityDescriptorToSecurityDescriptorW';
  const parse = security.find(name, word, address, word, address, address);
  const set = security.find('SetFileSecurityW', word, address, word, address);
  const descriptor = Buffer.alloc(8);
  try {
    if (parse(wide(sddl), REVISION, descriptor, null) === 0) return false;
    return set(wide(path), PROTECTED_LIST, descriptor.readBigUInt64LE()) !== 0;
  } finally {
    free(descriptor.readBigUInt64LE());
  }
}

/** Lets only this process's user, administrators and SYSTEM open a new folder on Windows, as mode 0700 does elsewhere. */
export function closeToOthers(folder: string): void {
  if (process.platform !== 'win32') return;
  const user = ownSid();
  if (!user.startsWith('S-')) return;
  const users = [user, system, administrators];
  const entries = users.map((sid) => `(A;OICI;FA;;;${sid})`).join('');
  const ffi = findFfi();
  if (ffi && setNativeList(ffi, folder, `D:P${entries}`)) return;
  const grants = users.map((sid) => `*${sid}:(OI)(CI)F`);
  outputOf(systemProgram('icacls.exe'), [folder, '/inheritance:r', '/grant:r', ...grants]);
}
