import type { Fault } from '../fault.ts';

export const kill: Fault = {
  name: 'kill',
  summary: 'each process of CIS2, CIS and the API platform is killed (SIGKILL) and started again',
  isQuick: true,
  async inject({ installation: { platforms, signIn }, length, wait }) {
    for (const one of [...platforms, signIn]) {
      await wait(length / 3);
      await one.end('SIGKILL');
      await one.start();
    }
  },
};
