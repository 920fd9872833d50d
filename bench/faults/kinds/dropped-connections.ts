import type { Fault } from '../fault.ts';

/** Milliseconds between two cuts. */
const every = 200;

export const droppedConnections: Fault = {
  name: 'dropped-connections',
  summary: 'all connections to PostgreSQL are cut, five times a second',
  databases: ['postgres'],
  quickOn: ['postgres'],
  async inject({ installation: { storage }, length, wait }) {
    for (let passed = 0; passed < length; passed += every) {
      storage?.drop();
      await wait(every);
    }
  },
};
