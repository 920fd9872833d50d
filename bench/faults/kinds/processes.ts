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

const restarts = 20;
/** Milliseconds after its start in which a process must be ready. */
const timeout = 30_000;

export const rollingRestarts: Fault = {
  name: 'rolling-restarts',
  summary: '20 restarts (SIGTERM) of the processes behind the balancer, in turn; no request may fail',
  isLossless: true,
  async inject({ installation: { platforms, balancer }, wait }) {
    const untilReady = async ({ name, port }: { name: string; port: number }) => {
      for (let waited = 0; !balancer.isReady(port); waited += 50) {
        if (waited > timeout) throw new Error(`${name} is not ready ${timeout / 1_000} s after its start`);
        await wait(50);
      }
    };
    for (let n = 0; n < restarts; n++) {
      const one = platforms[n % platforms.length];
      if (!one) return;
      const code = await one.end('SIGTERM');
      if (code !== 0) throw new Error(`${one.name} ended with ${code} after SIGTERM`);
      await one.start();
      await untilReady(one);
    }
  },
};

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
