import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, FrameReader, VpcdError } from './vpcd-frames.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('FrameReader and encodeFrame', () => {
  test('write the length in two bytes before the payload', () => {
    assert.deepEqual(encodeFrame(bytes(4)), bytes(0, 1, 4));
    assert.deepEqual(encodeFrame(new Uint8Array(0x1234)).subarray(0, 2), bytes(0x12, 0x34));
    assert.throws(() => encodeFrame(bytes()), VpcdError);
    assert.throws(() => encodeFrame(new Uint8Array(0x10000)), VpcdError);
  });

  test('refuse a frame without payload, after returning those before it', () => {
    const frames = new FrameReader().push(bytes(0, 1, 4, 0, 0));
    assert.deepEqual(frames.next().value, bytes(4));
    assert.throws(() => frames.next(), VpcdError);
  });

  test('return the same payloads however the stream is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
        fc.array(fc.nat({ max: 400 })),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map(encodeFrame));
          const places = [...cuts.filter((cut) => cut < stream.length), stream.length].sort((a, b) => a - b);
          const reader = new FrameReader();
          const found = places.flatMap((end, index) => [
            ...reader.push(stream.subarray(places[index - 1] ?? 0, end)),
          ]);
          assert.deepEqual(found, payloads);
        },
      ),
    );
  });
});
