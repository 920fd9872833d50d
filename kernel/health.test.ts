import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from './answer.ts';
import { EventLoopWatch, healthRoutes, Readiness, type ReadinessCheck } from './health.ts';
import { type Log, silentLog } from './log.ts';
import type { HttpRequest } from './request.ts';

const ask = async (readiness: Readiness, path: string): Promise<[number, unknown]> => {
  const route = healthRoutes(readiness).find((candidate) => candidate.path === path);
  const answer = (await route?.endpoint({} as HttpRequest)) as Answer;
  return [answer.status, JSON.parse(String(answer.body))];
};
const forever = new Promise<boolean>(() => undefined);

describe('readiness', () => {
  test('returns 503 with the names of the failed checks while the process is alive', async () => {
    const readiness = new Readiness(
      [
        { name: 'well', holds: () => true },
        { name: 'refused', holds: async () => false },
        {
          name: 'thrown',
          holds: () => {
            throw new Error('a private reason');
          },
        },
      ],
      silentLog,
    );
    assert.deepEqual(await ask(readiness, '/readyz'), [
      503,
      { status: 'not ready', failed: ['refused', 'thrown'] },
    ]);
    assert.deepEqual(await ask(readiness, '/healthz'), [200, { status: 'ok' }]);
  });

  test('fails a check that exceeds its time limit, and does not start it again while it hangs', async () => {
    let calls = 0;
    const hanging = {
      name: 'storage',
      holds: () => {
        calls++;
        return forever;
      },
    };
    const readiness = new Readiness([hanging, { name: 'disk', holds: () => true }], silentLog, 5);
    assert.deepEqual(await readiness.failed(), ['storage']);
    assert.deepEqual(await Promise.all([readiness.failed(), readiness.failed()]), [['storage'], ['storage']]);
    assert.equal(calls, 1);
  });

  test('starts a check again after the earlier one ended', async () => {
    const answers = [false, true];
    const readiness = new Readiness([{ name: 'storage', holds: () => answers.shift() ?? false }], silentLog);
    assert.deepEqual(await readiness.failed(), ['storage']);
    assert.deepEqual(await readiness.failed(), []);
  });

  test('does not blame the keys if storage fails', async () => {
    const checks: ReadinessCheck[] = [
      { name: 'storage', holds: () => false },
      { name: 'master-key', needs: 'storage', holds: () => forever },
    ];
    assert.deepEqual(await new Readiness(checks, silentLog).failed(), ['storage']);
  });

  test('fails once the process drains', async () => {
    const readiness = new Readiness([{ name: 'storage', holds: () => true }], silentLog);
    assert.deepEqual(await ask(readiness, '/readyz'), [200, { status: 'ok' }]);
    readiness.drain();
    assert.deepEqual(await ask(readiness, '/readyz'), [503, { status: 'not ready', failed: ['draining'] }]);
  });

  test('logs a change once, however often it is polled', async () => {
    const lines: unknown[] = [];
    const log: Log = {
      ...silentLog,
      warn: (fields) => lines.push(fields),
      info: (_, message) => lines.push(message),
    };
    let holds = false;
    const readiness = new Readiness([{ name: 'disk', holds: () => holds }], log);
    await readiness.failed();
    await readiness.failed();
    holds = true;
    await readiness.failed();
    await readiness.failed();
    assert.deepEqual(lines, [{ failed: ['disk'] }, 'ready again']);
  });
});

describe('EventLoopWatch', () => {
  test('is late after two consecutive measurements over a second late, until one is on time', () => {
    let now = 0;
    const watch = new EventLoopWatch(() => now);
    const measureAfter = (milliseconds: number) => {
      now += milliseconds;
      watch.measure();
      return watch.isLate();
    };
    assert.deepEqual([250, 1_251, 250, 1_251, 1_250, 1_251, 1_251, 250].map(measureAfter), [
      false,
      false,
      false,
      false,
      false,
      false,
      true,
      false,
    ]);
  });
});
