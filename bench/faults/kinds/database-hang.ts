import type { Fault } from '../fault.ts';

/** Milliseconds: longer than the time limit of a statement. */
const least = 6_500;

export const databaseHang: Fault = {
  name: 'database-hang',
  summary: 'PostgreSQL takes connections and queries, and does not answer',
  databases: ['postgres'],
  async inject({ installation: { storage }, length, wait, defer }) {
    defer(() => storage?.resume());
    storage?.stall();
    await wait(Math.max(length, least));
  },
};
