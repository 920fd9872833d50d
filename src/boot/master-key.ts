import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { OperatorError } from '@alongside/kernel/operator';
import { Vault } from '@alongside/kernel/secrets';

/** The file with the master key: the configured one, which must exist, or one in the data folder, which is created once. */
export class MasterKeyFile {
  readonly path: string;
  readonly #isConfigured: boolean;

  constructor(folder: string, configured: string | undefined) {
    this.path = configured ?? join(folder, 'master.key');
    this.#isConfigured = configured !== undefined;
  }

  /** Returns the vault of this key; undefined if the data folder does not have a master key yet. Throws OperatorError. */
  read(): Vault | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8').trim();
    } catch (error) {
      if (!this.#isConfigured && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new OperatorError(`The master key ${this.path} cannot be read: ${reasonOf(error)}.`);
    }
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
