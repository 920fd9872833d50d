import { type Ffi, findFfi, NativeLibrary } from './ffi.ts';

// The client library has the same file, so that it stands alone; a test compares them.

/** One end of a TCP connection. */
export interface TcpEnd {
  readonly address: string;
  readonly port: number;
}

/** Returns the text of a security identifier, such as `S-1-5-18` (MS-DTYP section 2.4.2). */
export function sidText(bytes: Buffer): string {
  const parts = Array.from({ length: bytes.readUInt8(1) }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ['S', bytes.readUInt8(0), bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** The system and the administrators, who may read everything of a user anyway. */
const powerful = ['S-1-5-18', 'S-1-5-32-544'];

/**
 * Returns whether a pipe is this user's: by its owner, who cannot be another without a privilege, and by the process that serves it.
 * The system always knows the owner; Wine does not, or names the group that owns what this process creates.
 */
export const isOwnPipe = (
  own: { readonly user: string; readonly owner: string | undefined },
  pipe: { readonly server: string | undefined; readonly owner: string | undefined },
): boolean =>
  pipe.server === own.user &&
  (pipe.owner === undefined || [own.user, own.owner, ...powerful].includes(pipe.owner));

/**
 * Returns the access rights of a pipe in SDDL: this user, the system and administrators. By default Windows lets everyone read.
 * @param isRemote whether this process itself was started over the network, and so would be refused as such
 */
export const pipeRights = (own: string, isRemote: boolean): string =>
  `D:P${isRemote ? '' : '(D;;GA;;;NU)'}(A;;GA;;;${own})(A;;GA;;;SY)(A;;GA;;;BA)`;

const [listening, established] = [2, 5];
/** Offsets in MIB_TCPROW_OWNER_PID and MIB_TCP6ROW_OWNER_PID (tcpmib.h); ports are in network order. */
const rows = {
  4: { length: 24, state: 0, local: 4, localPort: 8, remote: 12, remotePort: 16, process: 20 },
  6: { length: 56, state: 48, local: 0, localPort: 20, remote: 24, remotePort: 44, process: 52 },
} as const;

/** Returns the bytes of a loopback address as in a table; undefined for others. */
function addressBytes(address: string, family: 4 | 6): Buffer | undefined {
  const four = /^(?:::ffff:)?(127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.exec(address)?.[1];
  const bytes = Buffer.alloc(16);
  if (four !== undefined) {
    bytes.set([255, 255, ...four.split('.').map(Number)], 10);
    return family === 4 ? bytes.subarray(12) : bytes;
  }
  if (address !== '::1' || family === 4) return undefined;
  bytes[15] = 1;
  return bytes;
}

/** Returns the id of the process whose socket is connected from one end to another; undefined if the table has none. */
export function processIn(table: Buffer, family: 4 | 6, from: TcpEnd, to: TcpEnd): number | undefined {
  const [local, remote] = [addressBytes(from.address, family), addressBytes(to.address, family)];
  if (!local || !remote) return undefined;
  const at = rows[family];
  for (let row = 4; row < 4 + table.readUInt32LE() * at.length; row += at.length) {
    const has = (offset: number, bytes: Buffer): boolean =>
      table.subarray(row + offset, row + offset + bytes.length).equals(bytes);
    if (
      table.readUInt32LE(row + at.state) === established &&
      table.readUInt16BE(row + at.localPort) === from.port &&
      table.readUInt16BE(row + at.remotePort) === to.port &&
      has(at.local, local) &&
      has(at.remote, remote)
    )
      return table.readUInt32LE(row + at.process);
  }
  return undefined;
}

/** Returns the ids of the processes that listen on a port where programs of this machine connect: loopback or every address. */
export function listenersIn(table: Buffer, family: 4 | 6, port: number): number[] {
  const at = rows[family];
  const count = table.readUInt32LE();
  return Array.from({ length: count }, (_, row) => 4 + row * at.length)
    .filter((row) => {
      const address = table.subarray(row + at.local, row + at.local + (family === 4 ? 4 : 16));
      const isNear =
        family === 4
          ? address[0] === 0 || address[0] === 127
          : address.subarray(0, 15).every((byte) => byte === 0);
      return (
        isNear &&
        table.readUInt32LE(row + at.state) === listening &&
        table.readUInt16BE(row + at.localPort) === port
      );
    })
    .map((row) => table.readUInt32LE(row + at.process));
}

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');
const INVALID_HANDLE = 0xffff_ffff_ffff_ffffn;
const [FILE_NOT_FOUND, PIPE_BUSY] = [2, 231];
/** A pipe is busy until its server has accepted the connections before: attempts, and milliseconds between them. */
const [BUSY_ATTEMPTS, BUSY_PAUSE] = [40, 50];
/** Kinds of information in a token (TOKEN_INFORMATION_CLASS). */
const [TOKEN_USER, TOKEN_OWNER] = [1, 4] as const;
/** Kinds of TCP tables, with the ids of processes (iprtrmib.h). */
const [LISTENERS, CONNECTIONS] = [3, 4];
/** Rights to open: read the security descriptor; and write it. */
const [READ_CONTROL, WRITE_DAC] = [0x2_0000, 0x4_0000];
/** Lets the server see who connects, but not act as this user. */
const IDENTIFICATION = 0x11_0000;

/** Functions of Windows about users, called by their C names. */
function functionsOf(ffi: Ffi) {
  const kernel = NativeLibrary.ofWindows(ffi, 'kernel32.dll');
  const security = NativeLibrary.ofWindows(ffi, 'advapi32.dll');
  const network = NativeLibrary.ofWindows(ffi, 'iphlpapi.dll');
  const [word, address] = ['uint32', 'pointer'] as const;
  return {
    openProcess: kernel.find<bigint>('OpenProcess', address, word, word, word),
    sessionOf: kernel.find('ProcessIdToSessionId', word, word, address),
    closeHandle: kernel.find('CloseHandle', word, address),
    lastError: kernel.find('GetLastError', word),
    free: kernel.find<bigint>('LocalFree', address, address),
    open: kernel.find<bigint>('CreateFileW', address, address, word, word, address, word, word, address),
    pipeServer: kernel.find('GetNamedPipeServerProcessId', word, address, address),
    openToken: security.find('OpenProcessToken', word, address, word, address),
    tokenInformation: security.find('GetTokenInformation', word, address, word, address, word, address),
    isMember: security.find('CheckTokenMembership', word, address, address, address),
    parseRights: security.find(
      'ConvertStringSecurityDescriptorToSecurityDescriptorW',
      word,
      address,
      word,
      address,
      address,
    ),
    setRights: security.find('SetKernelObjectSecurity', word, address, word, address),
    rights: security.find('GetKernelObjectSecurity', word, address, word, address, word, address),
    tcpTable: network.find('GetExtendedTcpTable', word, address, address, word, word, word, word),
  };
}

/** The users of this Windows machine: of processes, loopback connections and pipes, as texts of their security identifiers. */
export class WindowsUsers {
  readonly #ffi: Ffi;
  readonly #windows: ReturnType<typeof functionsOf>;
  /** The user of this process. */
  readonly own: string;

  private constructor(ffi: Ffi) {
    this.#ffi = ffi;
    this.#windows = functionsOf(ffi);
    const own = this.userOf(process.pid);
    if (own === undefined) throw new Error('Windows does not tell the user of this process.');
    this.own = own;
  }

  static #found: WindowsUsers | undefined;

  /** Undefined on other systems, and in Node.js before 26, which cannot call Windows. */
  static find(): WindowsUsers | undefined {
    const ffi = process.platform === 'win32' ? findFfi() : undefined;
    if (ffi) WindowsUsers.#found ??= new WindowsUsers(ffi);
    return WindowsUsers.#found;
  }

  /** Returns the user of a process; undefined if it has ended or this user may not see it. */
  userOf(processId: number): string | undefined {
    return this.#identifierOf(processId, TOKEN_USER);
  }

  /** Returns an identifier of the token of a process. */
  #identifierOf(processId: number, kind: typeof TOKEN_USER | typeof TOKEN_OWNER): string | undefined {
    const { openProcess, openToken, tokenInformation } = this.#windows;
    const [QUERY_LIMITED, TOKEN_QUERY] = [0x1000, 8];
    const running = openProcess(QUERY_LIMITED, 0, processId);
    if (running === 0n) return undefined;
    const [token, user, length] = [Buffer.alloc(8), Buffer.alloc(256), Buffer.alloc(4)];
    try {
      if (openToken(running, TOKEN_QUERY, token) === 0) return undefined;
      if (tokenInformation(token.readBigUInt64LE(), kind, user, user.length, length) === 0) return undefined;
      // Both begin with the address of the identifier, which is in the same bytes.
      return sidText(user.subarray(Number(user.readBigUInt64LE() - this.#ffi.getRawPointer(user))));
    } finally {
      this.#close(token.readBigUInt64LE());
      this.#close(running);
    }
  }

  /** Returns the user of the program that is connected from one end to another; undefined if unknown. */
  connected(from: TcpEnd, to: TcpEnd): string | undefined {
    for (const family of [4, 6] as const) {
      const found = processIn(this.#table(family, CONNECTIONS), family, from, to);
      if (found !== undefined) return this.userOf(found);
    }
    return undefined;
  }

  /** Returns the users who listen on a port where programs of this machine connect; undefined for one that is unknown. */
  listening(port: number): (string | undefined)[] {
    return ([4, 6] as const).flatMap((family) =>
      listenersIn(this.#table(family, LISTENERS), family, port).map(
        (each) => this.userOf(each) ?? (this.#isElsewhere(each) ? 'another session' : undefined),
      ),
    );
  }

  /**
   * Returns whether a pipe is this user's, without letting its server act as this user; undefined if there is none. A pipe that stays
   * busy is not: its server could let the next connection in.
   */
  async isOwnPipe(path: string): Promise<boolean | undefined> {
    let pipe = this.#open(path, READ_CONTROL);
    for (let attempt = 0; pipe === 'busy' && attempt < BUSY_ATTEMPTS; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE));
      pipe = this.#open(path, READ_CONTROL);
    }
    if (typeof pipe !== 'bigint') return pipe === 'missing' ? undefined : false;
    const server = Buffer.alloc(4);
    const isKnown = this.#windows.pipeServer(pipe, server) !== 0;
    const ends = {
      owner: this.#ownerOf(pipe),
      server: isKnown ? this.userOf(server.readUInt32LE()) : undefined,
    };
    this.#close(pipe);
    return isOwnPipe({ user: this.own, owner: this.#identifierOf(process.pid, TOKEN_OWNER) }, ends);
  }

  /** Closes a pipe of this process to other users and machines. Returns false if Windows refuses. */
  protectPipe(path: string): boolean {
    const pipe = this.#open(path, READ_CONTROL | WRITE_DAC);
    if (typeof pipe !== 'bigint') return false;
    const [descriptor, DACL] = [Buffer.alloc(8), 4];
    const text = wide(pipeRights(this.own, this.#isRemote()));
    const { parseRights, setRights, free } = this.#windows;
    try {
      if (parseRights(text, 1, descriptor, null) === 0) return false;
      return setRights(pipe, DACL, descriptor.readBigUInt64LE()) !== 0;
    } finally {
      free(descriptor.readBigUInt64LE());
      this.#close(pipe);
    }
  }

  /** Whether a process is in another session of this machine. Services are in session 0, and their user is hidden as well. */
  #isElsewhere(processId: number): boolean {
    const [theirs, own] = [Buffer.alloc(4), Buffer.alloc(4)];
    const { sessionOf } = this.#windows;
    if (sessionOf(processId, theirs) === 0 || sessionOf(process.pid, own) === 0) return false;
    return theirs.readUInt32LE() !== 0 && !theirs.equals(own);
  }

  /** Whether this process has the group of network logons, `S-1-5-2`. */
  #isRemote(): boolean {
    const [group, isMember] = [Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 2, 0, 0, 0]), Buffer.alloc(4)];
    return this.#windows.isMember(null, group, isMember) !== 0 && isMember.readUInt32LE() !== 0;
  }

  #open(path: string, rights: number): bigint | 'missing' | 'busy' | 'refused' {
    const OPEN_EXISTING = 3;
    const { open, lastError } = this.#windows;
    const pipe = open(wide(path), rights, 0, null, OPEN_EXISTING, IDENTIFICATION, null);
    if (pipe !== INVALID_HANDLE) return pipe;
    const code = lastError();
    if (code === FILE_NOT_FOUND) return 'missing';
    return code === PIPE_BUSY ? 'busy' : 'refused';
  }

  #ownerOf(handle: bigint): string | undefined {
    const [descriptor, length, OWNER] = [Buffer.alloc(1024), Buffer.alloc(4), 1];
    if (this.#windows.rights(handle, OWNER, descriptor, descriptor.length, length) === 0) return undefined;
    // A self-relative SECURITY_DESCRIPTOR: the offset of its owner is at 4, 0 for none.
    const owner = descriptor.readUInt32LE(4);
    return owner === 0 ? undefined : sidText(descriptor.subarray(owner));
  }

  /** Reads the connections or listeners with their processes. The table may grow between the question for its length and the next. */
  #table(family: 4 | 6, kind: number): Buffer {
    const inet = family === 4 ? 2 : 23;
    const length = Buffer.alloc(4);
    let table = Buffer.alloc(65_536);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      length.writeUInt32LE(table.length);
      if (this.#windows.tcpTable(table, length, 0, inet, kind, 0) === 0) return table;
      table = Buffer.alloc(2 * length.readUInt32LE());
    }
    return Buffer.alloc(4);
  }

  #close(handle: bigint): void {
    if (handle !== 0n) this.#windows.closeHandle(handle);
  }
}
