import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Fault, Stage } from '../fault.ts';

/** Delay of each message in milliseconds; also the time for which the file is alternately locked and unlocked. */
const delay = 50;
const locked = 400;
const open = 50;

async function lock({ installation, length, wait, defer }: Stage): Promise<void> {
  const other = new DatabaseSync(join(installation.folder, 'alongside.db'), { timeout: 5_000 });
  defer(() => other.close());
  for (let passed = 0; passed < length; passed += locked + open) {
    other.exec('BEGIN IMMEDIATE');
    await wait(locked);
    other.exec('COMMIT');
    await wait(open);
  }
}

export const slowDatabase: Fault = {
  name: 'slow-database',
  summary: 'each answer of PostgreSQL is 50 ms late; another program locks the SQLite file most of the time',
  async inject(stage) {
    const { storage } = stage.installation;
    if (!storage) return await lock(stage);
    stage.defer(() => storage.delay(0));
    storage.delay(delay);
    await stage.wait(stage.length);
  },
};
