import type { Fault } from '../fault.ts';

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
