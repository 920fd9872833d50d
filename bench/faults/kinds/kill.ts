import type { Fault } from '../fault.ts';

export const kill: Fault = {
  name: 'kill',
  summary: 'a process of the API platform, and that of CIS and CIS2, is killed (SIGKILL) and started again',
  quickOn: ['sqlite'],
  async inject({ installation: { platforms, signIn }, length, wait }) {
    for (const one of [...platforms.slice(0, 1), signIn]) {
      await wait(length / 2);
      await one.end('SIGKILL');
      await one.start();
    }
  },
};
