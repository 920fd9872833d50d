import type { Fault } from '../fault.ts';

export const upstreamDown: Fault = {
  name: 'upstream-down',
  summary: 'CIS2 takes no connections from the API platform and the browsers',
  quickOn: ['sqlite'],
  async inject({ installation: { cis2 }, length, wait, defer }) {
    defer(() => cis2.accept());
    cis2.refuse();
    await wait(length);
  },
};
