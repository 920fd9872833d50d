import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCommand, startCommand } from '../command.ts';
import { registerClients } from './clients.ts';
import type { Target } from './target.ts';

/**
 * Alongside as in production: durable storage on disk, events and audit on, a user signed in at CIS2.
 * @param database address of the database; SQLite in the data folder by default
 * @param flags more options of `alongside up`
 */
export async function startAlongside(
  database?: string,
  flags: readonly string[] = [],
): Promise<Target & { command: RunningCommand }> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const storage = database === undefined ? [] : ['--database', database];
  const command = await startCommand(['--data', data, ...storage, ...flags]);
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
