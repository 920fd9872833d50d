import type { Fault } from '../fault.ts';

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
