import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Progress } from './progress.ts';

/** Progress on an output that keeps its texts, with a clock that the test moves. */
function shown(terminal: boolean) {
  const texts: string[] = [];
  const time = { now: 0 };
  const output = { write: (text: string) => texts.push(text), terminal, width: 40 };
  return { texts, time, progress: new Progress(output, () => time.now) };
}

describe('Progress', () => {
  test('shows nothing for short work', () => {
    const { texts, time, progress } = shown(false);
    for (time.now = 0; time.now < 800; time.now += 10) progress.step('Writing', time.now, 800);
    progress.clear();
    assert.deepEqual(texts, []);
  });

  test('prints a line every five seconds to a log, with the completed part', () => {
    const { texts, time, progress } = shown(false);
    for (time.now = 0; time.now <= 12_000; time.now += 100) progress.step('Writing', time.now / 100, 120);
    assert.deepEqual(texts, [
      'Writing: 8 of 120 (6 %), 1 s\n',
      'Writing: 58 of 120 (48 %), 6 s\n',
      'Writing: 108 of 120 (90 %), 11 s\n',
    ]);
  });

  test('writes over one line of a terminal, no wider than it, and removes it', () => {
    const { texts, time, progress } = shown(true);
    time.now = 1_000;
    progress.step('An activity with a name that is wider than the terminal');
    time.now = 1_050;
    progress.step('too soon');
    time.now = 1_100;
    progress.step('Reading', 5);
    progress.clear();
    progress.clear();
    assert.deepEqual(texts, [
      '\r\u001b[KAn activity with a name that is wider t',
      '\r\u001b[KReading: 5, 1 s',
      '\r\u001b[K',
    ]);
  });

  test('returns the result and throws the error of awaited work', async () => {
    const { progress } = shown(true);
    assert.equal(await progress.during('Waiting', Promise.resolve(7)), 7);
    await assert.rejects(progress.during('Waiting', Promise.reject(new Error('no'))), /no/);
  });
});
