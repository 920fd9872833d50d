import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharingCode } from '../../bench/processes/several.ts';
import { main } from '../../src/cli/testing/command.ts';
import { realmPath } from '../../src/service.ts';
import type { StateFile } from '../../src/state-file.ts';

export const skip = process.platform === 'linux' ? false : 'the test finds child processes in /proc';

/** Waits for a condition; a busy machine takes up to a minute to start a process. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  for (const end = performance.now() + 150_000; performance.now() < end; await sleep(50))
    if (await holds()) return;
  assert.fail(`waited in vain until ${what}`);
}

/** The real command with two processes. */
export class Command {
  readonly folder = mkdtempSync(join(tmpdir(), 'alongside-processes-'));
  readonly child: ChildProcess;
  readonly exit: Promise<[number | null, string | null]>;
  logged = '';
  state: StateFile | undefined;

  constructor(...flags: string[]) {
    const all = [
      '--processes',
      '2',
      '--json',
      '--data',
      this.folder,
      '--port-base',
      '0',
      '--no-self-service',
    ];
    this.child = spawn(process.execPath, [main, 'serve', ...all, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: sharingCode(),
    });
    this.exit = once(this.child, 'exit') as Promise<[number | null, string | null]>;
    this.child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      this.logged += part;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get address(): string {
    return new URL(`${realmPath}/connect/jwk_uri`, this.state?.urls.cis2Issuer).href;
  }

  async ready(): Promise<this> {
    const output = once(this.child.stdout ?? this.child, 'data') as Promise<[Buffer]>;
    const early = this.exit.then(([code]) => assert.fail(`serve ended with ${code}: ${this.logged}`));
    early.catch(() => undefined);
    const [line] = await Promise.race([output, early]);
    this.state = JSON.parse(String(line)) as StateFile;
    return this;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
