import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { JsonLines } from './agent-socket.ts';

describe('JsonLines', () => {
  test('returns the same objects, however the stream is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 7 }),
        (items, size) => {
          const bytes = Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
          const lines = new JsonLines(100_000);
          const read: unknown[] = [];
          for (let at = 0; at < bytes.length; at += size)
            read.push(...lines.push(bytes.subarray(at, at + size)));
          assert.deepEqual(read, JSON.parse(JSON.stringify(items)));
        },
      ),
    );
  });

  test('refuses lines that are too long, not objects or not UTF-8', () => {
    for (const nonsense of [
      '[1]\n',
      '1\n',
      'null\n',
      '{]\n',
      '{"a":"0123456789"}',
      Buffer.from([0xff, 0x0a]),
    ]) {
      assert.throws(() => new JsonLines(12).push(Buffer.from(nonsense)), String(nonsense));
    }
  });
});
