import type { Fault } from '../fault.ts';

export const upstreamSlow: Fault = {
  name: 'upstream-slow',
  summary: 'each message of CIS2 is 300 ms late, and in the middle nothing comes for a second',
  async inject({ installation: { cis2 }, length, wait, defer }) {
    defer(() => {
      cis2.delay(0);
      cis2.resume();
    });
    cis2.delay(300);
    await wait(length / 2);
    cis2.stall();
    await wait(1_000);
    cis2.resume();
    await wait(length / 2);
  },
};
