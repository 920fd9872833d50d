import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { ConfigurationError, isMissing, OperatorError } from '@alongside/kernel/operator';
import { Vault } from '@alongside/kernel/secrets';

/** Milliseconds that the command may take. */
const commandTimeout = 30_000;

interface Configured {
  masterKey?: string | undefined;
  masterKeyCommand?: string | undefined;
}

/**
 * The source of the master key: the output of the configured command, the configured file, which must exist, or a file in the data
 * folder, which is created once.
 */
export class MasterKeyFile {
  /** The file, or the setting with the command, for messages. */
  readonly path: string;
  readonly #isConfigured: boolean;
  readonly #command: string | undefined;

  constructor(folder: string, { masterKey, masterKeyCommand }: Configured) {
    if (masterKey !== undefined && masterKeyCommand !== undefined)
      throw new ConfigurationError('Set --master-key or --master-key-command, not both.');
    this.#command = masterKeyCommand;
    this.path =
      masterKeyCommand === undefined ? (masterKey ?? join(folder, 'master.key')) : 'of --master-key-command';
    this.#isConfigured = masterKey !== undefined;
  }

  /** Returns the vault of this key; undefined if the data folder does not have a master key yet. Throws OperatorError. */
  read(): Vault | undefined {
    let text: string;
    try {
      text = (this.#command === undefined ? readFileSync(this.path, 'utf8') : outputOf(this.#command)).trim();
    } catch (error) {
      if (!this.#isConfigured && isMissing(error)) return undefined;
      throw new OperatorError(`The master key ${this.path} cannot be read: ${reasonOf(error)}.`);
    }
    // A decoder would skip the characters of a message that a command prints too.
    if (this.#command !== undefined && !/^[\w-]+=?$/.test(text))
      throw new OperatorError(
        `The master key ${this.path} must be base64url, and the command printed ${text === '' ? 'nothing' : 'something else'}.`,
      );
    const key = Buffer.from(text, 'base64url');
    if (key.length < 32)
      throw new OperatorError(`The master key ${this.path} must hold at least 32 bytes in base64url.`);
    return new Vault(key);
  }

  /** Creates the key unless another process has, and returns its vault. */
  make(): Vault {
    writeOnce(this.path, `${randomToken(32)}\n`);
    const vault = this.read();
    if (!vault) throw new OperatorError(`The master key ${this.path} was removed while it was made.`);
    return vault;
  }
}

/** Returns what the operator's command prints. Its errors go to those of this process, and never into a message. */
function outputOf(command: string): string {
  const { status, signal, stdout, error } = spawnSync(command, {
    shell: true,
    encoding: 'utf8',
    timeout: commandTimeout,
    maxBuffer: 65_536,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ETIMEDOUT') throw new Error(`the command took over ${commandTimeout / 1_000} s`);
  if (code === 'ENOBUFS') throw new Error('the command printed more than a key');
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the command ended with ${signal ?? `code ${status}`}`);
  return stdout;
}

/** Writes a whole file to the disk before naming it: data encrypted with a lost key is lost as well. */
function writeOnce(file: string, text: string): void {
  const draft = `${file}.${randomToken(8)}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (conflict) {
    if ((conflict as NodeJS.ErrnoException).code !== 'EEXIST') throw conflict;
  } finally {
    rmSync(draft);
  }
  // Windows cannot open a folder.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
