import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

/** A temporary folder in which OpenSSL runs. */
export class OpenSsl {
  readonly #folder = mkdtempSync(join(tmpdir(), 'alongside-openssl-'));

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.#folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.#folder, name));
  }

  /** Runs a command; its arguments must not contain spaces. */
  run(command: string): Promise<{ stdout: string; stderr: string }> {
    return execute('openssl', command.split(' '), { cwd: this.#folder });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
