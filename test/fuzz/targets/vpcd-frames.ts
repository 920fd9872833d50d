import assert from 'node:assert/strict';
import { encodeFrame, FrameReader } from '../../../identity-agent/card/vpcd-connection.ts';
import { type FuzzTarget, hex, orRefused } from '../target.ts';

export const target: FuzzTarget = {
  name: 'vpcd-frames',
  corpus: [
    hex('000101 000104'),
    hex('000d 0020008008313233343536ffff 000100'),
    hex('000102 000f 00a4040009a0000003080000100000'),
  ],
  words: [hex('0000'), hex('ffff'), hex('0001')],
  run(bytes) {
    const whole = orRefused(['VpcdError'], () => [...new FrameReader().push(bytes)]);
    if (!whole) return;
    const written = Buffer.concat(whole.map(encodeFrame));
    assert.deepEqual(Buffer.from(bytes.subarray(0, written.length)), written);
    const reader = new FrameReader();
    const cut = Math.floor(bytes.length / 2);
    assert.deepEqual([...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))], whole);
  },
};
