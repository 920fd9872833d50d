import type { Fault } from '../fault.ts';

/** Seconds. Access tokens live for ten minutes. */
const jumps = [120, -240, 120, 60, -60];

export const clockJumps: Fault = {
  name: 'clock-jumps',
  summary: 'the clock of all processes jumps forth and back by minutes',
  quickOn: ['sqlite'],
  // A request signed before a jump is too old or in the future.
  refusesClients: true,
  async inject({ installation, length, wait, defer }) {
    defer(() => installation.consoleCall('DELETE', '/clock'));
    for (const advance of jumps) {
      await installation.consoleCall('PUT', '/clock', { advance });
      await wait(length / jumps.length);
    }
  },
};
