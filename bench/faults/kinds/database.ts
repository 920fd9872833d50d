import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Fault, Stage } from '../fault.ts';

export const databaseRestart: Fault = {
  name: 'database-restart',
  summary: 'PostgreSQL crashes and starts again',
  databases: ['postgres'],
  quickOn: ['postgres'],
  async inject({ installation: { postgres }, length, wait }) {
    await postgres?.crash();
    await wait(length / 2);
    await postgres?.restart();
  },
};

/** Milliseconds: longer than the time limit of a statement. */
const leastHang = 6_500;

export const databaseHang: Fault = {
  name: 'database-hang',
  summary: 'PostgreSQL takes connections and queries, and does not answer',
  databases: ['postgres'],
  async inject({ installation: { storage }, length, wait, defer }) {
    defer(() => storage?.resume());
    storage?.stall();
    await wait(Math.max(length, leastHang));
  },
};

/** Milliseconds between two cuts. */
const betweenCuts = 200;

export const droppedConnections: Fault = {
  name: 'dropped-connections',
  summary: 'all connections to PostgreSQL are cut, five times a second',
  databases: ['postgres'],
  quickOn: ['postgres'],
  async inject({ installation: { storage }, length, wait }) {
    for (let passed = 0; passed < length; passed += betweenCuts) {
      storage?.drop();
      await wait(betweenCuts);
    }
  },
};

/** Delay of each message in milliseconds; also the time for which the file is alternately locked and unlocked. */
const messageDelay = 50;
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
    storage.delay(messageDelay);
    await stage.wait(stage.length);
  },
};

export const databaseFailover: Fault = {
  name: 'database-failover',
  summary: 'PostgreSQL crashes, and its synchronous standby takes its place at the same address',
  databases: ['postgres'],
  async inject({ installation: { postgres, storage, atEnd }, length, wait }) {
    if (!postgres || !storage) return;
    const standby = await postgres.startStandby();
    atEnd(() => standby.stop());
    await wait(length / 2);
    await postgres.crash();
    standby.promote();
    storage.redirect({ path: standby.socket });
    await wait(length / 2);
  },
};
