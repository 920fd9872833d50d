import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestInstance } from '../../test/testing/instance.ts';
import { unlimited } from '../unlimited.ts';
import { registerClients } from './clients.ts';
import type { Target } from './target.ts';

// The command for users, including the preparation check.
const command = fileURLToPath(new URL('../../scripts/alongside.mjs', import.meta.url));

/** Alongside as in production: durable storage on disk, events and audit on, a user signed in at CIS2. */
export async function startAlongside(): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const flags = ['--port-base', '0', '--data', data, '--network-limits', JSON.stringify(unlimited)];
  const child = spawn(process.execPath, [command, 'up', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
  const { urls, pid } = JSON.parse(String(line)) as { urls: TestInstance['urls']; pid: number };
  return {
    name: 'Alongside',
    pid,
    ...(await registerClients(urls)),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
