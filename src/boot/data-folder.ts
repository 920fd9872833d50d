import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { environment, OperatorError } from '@alongside/kernel/operator';
import { Vault } from '@alongside/kernel/secrets';

/** Where an instance keeps its data. */
export interface DataFolder {
  path: string;
  /** Removes what an ephemeral instance kept. */
  discard(): void;
}

/** Opens the data folder, or makes a temporary one for an ephemeral instance. */
export function openDataFolder(path: string, ephemeral: boolean): DataFolder {
  if (ephemeral) {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-'));
    return { path: folder, discard: () => rmSync(folder, { recursive: true, force: true }) };
  }
  const folder = resolve(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const probe = join(folder, `.write-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new OperatorError(
      `The data folder ${folder} cannot be written: ${reasonOf(error)}. Choose another with --data.`,
    );
  }
  return { path: folder, discard: () => undefined };
}

/** Makes the key, whole and on the disk before it is there: what it seals would be lost with it. Another process may be first. */
function makeKeyFile(file: string): void {
  const draft = `${file}.${randomToken(8)}`;
  writeFileSync(draft, `${randomToken(32)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (conflict) {
    if ((conflict as NodeJS.ErrnoException).code !== 'EEXIST') throw conflict;
  } finally {
    rmSync(draft);
  }
  // Windows opens no folder.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** The key that seals secrets in storage: from the file that the configuration names, else one made once in the data folder. */
export function openVault(folder: string, keyFile: string | undefined): Vault {
  const file = keyFile ?? join(folder, 'master.key');
  const read = (): string => readFileSync(file, 'utf8').trim();
  let text: string;
  try {
    text = read();
  } catch (error) {
    if (keyFile || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new OperatorError(`The master key ${file} cannot be read: ${reasonOf(error)}.`);
    makeKeyFile(file);
    text = read();
  }
  const key = Buffer.from(text, 'base64url');
  if (key.length < 32)
    throw new OperatorError(`The master key ${file} must hold at least 32 bytes in base64url.`);
  return new Vault(key);
}

/** The agent's local socket, in a folder of this user alone. Unix socket paths are short, so it is not in the data folder. */
export function agentSocketPath(agentPort: number): string {
  const name = agentPort === 8403 ? 'identity-agent' : `identity-agent-${agentPort}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\alongside-${name}`;
  const runtime = environment().XDG_RUNTIME_DIR;
  return join(
    runtime ? join(runtime, 'alongside') : join(tmpdir(), `alongside-${process.getuid?.() ?? 'user'}`),
    `${name}.sock`,
  );
}
