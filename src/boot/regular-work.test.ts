import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Background } from '@alongside/kernel/background';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import type { RegularTask } from '../service.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { Leases } from '../storage/leases.ts';
import { RegularWork } from './regular-work.ts';

/** Processes of one installation, each with a task of the service `x` that counts its runs. */
async function installation(count = 2, task: Partial<RegularTask> = {}) {
  const database = await openDatabase(':memory:', '');
  const processes = Array.from({ length: count }, () => processOn(database, task));
  return { database, processes, tick: () => Promise.all(processes.map(({ work }) => work.tick())) };
}

function processOn(database: Database, task: Partial<RegularTask>) {
  const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
  const made = { clock, runs: 0, completed: new Map<string, number>() };
  const run = async () => {
    made.runs += 1;
    return await task.run?.();
  };
  const dependencies = {
    leases: new Leases(database, clock),
    clock,
    background: new Background(),
    completed: made.completed,
    log: silentLog,
  };
  const work = new RegularWork(dependencies, [{ service: 'x', name: 'task', every: 2_000, ...task, run }]);
  return Object.assign(made, { work });
}

const runsOf = (processes: readonly { runs: number }[]) => processes.map(({ runs }) => runs);

describe('RegularWork', () => {
  test('runs a task in one process at each interval', async () => {
    const { database, processes, tick } = await installation(3);
    for (let second = 0; second < 60; second++) {
      await tick();
      for (const { clock } of processes) clock.advance(1);
    }
    assert.deepEqual(runsOf(processes).sort(), [0, 0, 30]);
    await database.close();
  });

  test('continues in another process at once after a stop, and when the lease expires after a crash', async () => {
    const { database, processes, tick } = await installation(3);
    const [one, two, three] = processes;
    assert.ok(one && two && three);
    await one.work.tick();
    await one.work.stop();
    two.clock.advance(5);
    await two.work.tick();
    assert.deepEqual(runsOf(processes), [1, 1, 0]);
    // The second process is killed, so it does not renew its lease.
    for (let second = 0; second <= 40; second++) {
      await three.work.tick();
      three.clock.advance(1);
    }
    assert.ok(three.runs > 1);
    assert.equal(two.runs, 1);
    // It was only paused: its old times would look like late work.
    assert.deepEqual([...two.completed.keys()], ['x.task']);
    two.clock.advance(40);
    await two.work.tick();
    assert.deepEqual(
      [two, three].map(({ completed }) => completed.size),
      [0, 1],
    );
    await tick();
    await database.close();
  });

  test('continues after the clock was set back or ahead by a day', async () => {
    for (const day of [-86_400, 86_400]) {
      const { database, processes, tick } = await installation(2);
      await tick();
      for (const { clock } of processes) clock.advance(day);
      await tick();
      assert.equal(
        runsOf(processes).reduce((sum, runs) => sum + runs),
        2,
      );
      await database.close();
    }
  });

  test('continues at the next tick while more remains, and never runs a task twice at the same time', async () => {
    let left = 3;
    let atOnce = 0;
    const { database, processes } = await installation(1, {
      every: 3_600_000,
      run: async () => {
        atOnce += 1;
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(atOnce, 1);
        atOnce -= 1;
        left -= 1;
        return left > 0;
      },
    });
    const [one] = processes;
    for (let tick = 0; tick < 6; tick++) await Promise.all([one?.work.tick(), one?.work.tick()]);
    assert.deepEqual(runsOf(processes), [3]);
    await database.close();
  });

  test('runs a task of every process in each', async () => {
    const { database, processes, tick } = await installation(3, { everyProcess: true });
    await tick();
    assert.deepEqual(runsOf(processes), [1, 1, 1]);
    await database.close();
  });

  test('runs a failed task again at its next interval', async () => {
    const { database, processes, tick } = await installation(1, {
      run: () => Promise.reject(new Error('a fault')),
    });
    const [one] = processes;
    await tick();
    one?.clock.advance(2);
    await tick();
    assert.deepEqual(runsOf(processes), [2]);
    await database.close();
  });
});
