import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCommand, startCommand } from '../command.ts';
import { registerClients } from './clients.ts';
import type { Target } from './target.ts';

/**
 * Alongside as in production: durable storage on disk, events and audit on, a user signed in at CIS2.
 * @param database address of the database; SQLite in the data folder by default
 */
export async function startAlongside(database?: string): Promise<Target & { command: RunningCommand }> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const flags = database === undefined ? [] : ['--database', database];
  const command = await startCommand(['--data', data, ...flags]);
  return {
    name: 'Alongside',
    pid: command.pid,
    command,
    ...(await registerClients(command.urls)),
    async stop() {
      await command.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
