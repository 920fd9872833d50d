import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import fc from 'fast-check';
import { assertMode } from '../../test/testing/platform.ts';
import { UsedRequests } from './used-requests.ts';

async function place(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'used-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new ManualClock(1_800_000_000_000);
  const file = join(folder, 'used-requests');
  return { clock, file, open: () => UsedRequests.open(clock, file) };
}

const exp = 1_800_000_060;

test('a used request stays used after a restart of the agent', async (t) => {
  const { open, file } = await place(t);
  const first = await open();
  assert.equal(await first.take('one', exp), true);
  first.close();
  const again = await open();
  assert.equal(await again.take('one', exp), false);
  assert.equal(await again.take('two', exp), true);
  assertMode(file, 0o600);
  assert.doesNotMatch(await readFile(file, 'utf8'), /one|two/, 'only hashes are kept');
});

test('exactly one of many concurrent uses succeeds', async (t) => {
  const { open } = await place(t);
  const used = await open();
  const taken = await Promise.all(Array.from({ length: 20 }, () => used.take('same', exp)));
  assert.equal(taken.filter(Boolean).length, 1);
});

test('expired requests are removed, and the file stays short', async (t) => {
  const { open, file, clock } = await place(t);
  const used = await open();
  for (let n = 0; n < 501; n += 1) await used.take(`early-${n}`, exp);
  clock.advance(100);
  for (let n = 0; n < 501; n += 1) await used.take(`late-${n}`, exp + 100);
  assert.ok((await readFile(file, 'utf8')).split('\n').length < 1_010);
  used.close();
  await open();
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 502);
});

test('a damaged file prevents no start and loses no readable line', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (rubbish) => {
      const { open, file } = await place(t);
      const first = await open();
      await first.take('kept', exp);
      first.close();
      await appendFile(file, `${rubbish}\n`);
      assert.equal(await (await open()).take('kept', exp), false);
    }),
    { numRuns: 30 },
  );
});
