import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCommand, startCommand } from '../command.ts';
import { registerClients } from './clients.ts';
import type { Target } from './target.ts';

/**
 * Alongside as in production: durable storage on disk, events and audit on, a user signed in at CIS2.
 * @param database address of the database; SQLite in the data folder by default
 * @param options more flags, and whether standard error is a file in the data folder
 */
export async function startAlongside(
  database?: string,
  { flags = [], logsToFile = false }: { flags?: readonly string[]; logsToFile?: boolean } = {},
): Promise<Target & { command: RunningCommand }> {
  const data = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const storage = database === undefined ? [] : ['--database', database];
  const log = logsToFile ? openSync(join(data, 'log'), 'w') : undefined;
  const command = await startCommand(['--data', data, ...storage, ...flags], { log });
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
