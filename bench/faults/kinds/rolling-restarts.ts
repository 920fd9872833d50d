import type { Fault } from '../fault.ts';

const restarts = 20;
/** Milliseconds after its start in which a process must be ready. */
const patience = 30_000;

export const rollingRestarts: Fault = {
  name: 'rolling-restarts',
  summary: '20 restarts (SIGTERM) of the processes behind the balancer, in turn; no request may fail',
  isLossless: true,
  async inject({ installation: { platforms, balancer }, wait }) {
    const untilReady = async ({ name, port }: { name: string; port: number }) => {
      for (let waited = 0; !balancer.isReady(port); waited += 50) {
        if (waited > patience) throw new Error(`${name} is not ready ${patience / 1_000} s after its start`);
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
