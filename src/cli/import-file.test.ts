import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readyState } from '../../test/delivery/packages/testing/first-journey.ts';
import { type Database, sql } from '../storage/database.ts';
import { connectDatabase } from '../storage/dialects.ts';
import { main } from './testing/command.ts';

const people = 12_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-import-file-'));
const data = join(folder, 'data');
const file = join(folder, 'people.csv');

/** Runs an instance on the same data; resolves when it is ready. */
async function start(): Promise<{ child: ChildProcess; state: string }> {
  const flags = ['--json', '--data', data, '--port-base', '0', '--log-level', 'error'];
  const child = spawn(process.execPath, [main, 'up', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, state: (await readyState(child)).stateFile };
}

/** Starts the import of the file. */
function begin(state: string) {
  const child = spawn(process.execPath, [main, 'directory', 'import', file, '--state', state, '--json']);
  const said = { out: '', err: '' };
  child.stdout.on('data', (part) => (said.out += part));
  child.stderr.on('data', (part) => (said.err += part));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...said }));
  return { child, ended };
}

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

describe('alongside directory import of many people', () => {
  let running: Awaited<ReturnType<typeof start>>;
  before(async () => {
    const lines = Array.from(
      { length: people },
      (_, n) => `7${String(n).padStart(11, '0')},Given ${n},Family ${n}`,
    );
    writeFileSync(file, `uid,givenName,familyName\n${lines.join('\n')}\n`);
    running = await start();
  });
  after(() => {
    running.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const stored = async (database?: Database) => {
    const opened = database ?? (await connectDatabase('', data));
    const row = await opened.get<{ n: number }>(
      sql("SELECT COUNT(*) AS n FROM person WHERE uid LIKE '7000%'"),
    );
    if (!database) await opened.close();
    return Number(row?.n);
  };
  /** Resolves once more people than these are stored. */
  async function writes(before: number): Promise<void> {
    const database = await connectDatabase('', data);
    for (let n = 0; (await stored(database)) <= before; n++) {
      assert.ok(n < 6_000, 'the import writes nothing');
      await sleep(5);
    }
    await database.close();
  }

  test('continues after the instance was killed, and after Ctrl-C', async () => {
    const killed = begin(running.state);
    await writes(100);
    running.child.kill('SIGKILL');
    const first = await killed.ended;
    assert.equal(first.code, 1);
    assert.match(lastLine(first.out).error.message, /^The import broke off .*The same command continues\.$/);
    running = await start();
    const afterKill = await stored();
    assert.ok(afterKill > 100 && afterKill < people, `${afterKill} people`);

    const stopped = begin(running.state);
    await writes(afterKill);
    stopped.child.kill('SIGINT');
    const second = await stopped.ended;
    assert.equal(second.code, 130, second.err);
    assert.equal(lastLine(second.out).stopped, true);
    const afterStop = await stored();
    assert.ok(afterStop > afterKill && afterStop < people, `${afterStop} people`);

    const third = await begin(running.state).ended;
    assert.equal(third.code, 0, third.err);
    const { added, changed, unchanged } = lastLine(third.out);
    assert.deepEqual([added + unchanged, changed], [people, 0]);
    assert.ok(unchanged >= afterStop, `${unchanged} were there`);
    assert.equal(await stored(), people);
  });
});
