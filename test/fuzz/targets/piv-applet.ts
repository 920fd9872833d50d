import assert from 'node:assert/strict';
import { PivApplet } from '../../../identity-agent/card/piv-applet.ts';
import { encodeFrame, FrameReader } from '../../../identity-agent/card/vpcd-connection.ts';
import { memoryCard } from '../memory-card.ts';
import { type FuzzTarget, hex, orRefused } from '../target.ts';

const stream = (...commands: string[]): Uint8Array =>
  new Uint8Array(Buffer.concat(commands.map((command) => encodeFrame(hex(command)))));

const SELECT = '00a4040009a0000003080000100000';
const PIN = '0020008008313233343536ffff';
const SIGN = `0087119a267c2482008120${'ab'.repeat(32)}00`;

const card = await memoryCard();

/** An input is a series of commands to a newly powered card. */
export const target: FuzzTarget = {
  name: 'piv-applet',
  corpus: [
    stream(SELECT, PIN, SIGN, SIGN),
    stream(SELECT, '00cb3fff055c035fc10500', '00c0000000', '00cb3fff035c017e00'),
    stream(
      SELECT,
      '0087009b047c02810000',
      PIN,
      '1087119c0a7c2482008120abababab',
      `0087119c1c${'ab'.repeat(28)}00`,
    ),
    stream(
      SELECT,
      '0024008010313233343536ffff363534333231ffff',
      '002c0080103837363534333231313233343536ffff',
    ),
    stream(SELECT, '00200080', '0020ff80', '00cb3fff0000055c035fc1020000'),
  ],
  words: [stream(SELECT), stream(PIN), stream(SIGN), stream('00c0000000')],
  async run(bytes) {
    const applet = new PivApplet(card);
    const commands = orRefused(['VpcdError'], () => [...new FrameReader().push(bytes)]) ?? [];
    for (const command of commands.slice(0, 40)) {
      const answer = await applet.transmit(command);
      assert.ok(answer.length >= 2 && answer.length <= 65_538);
      assert.notEqual(
        Buffer.from(answer.subarray(-2)).toString('hex'),
        '6f00',
        'an error that nobody expected',
      );
    }
  },
};
