import assert from 'node:assert/strict';
import { PivClient } from '../../../identity-agent/card/piv-client.ts';
import { encodeFrame, FrameReader } from '../../../identity-agent/card/vpcd-connection.ts';
import { type FuzzTarget, hex, orRefused } from '../target.ts';

const stream = (...answers: string[]): Uint8Array =>
  new Uint8Array(Buffer.concat(answers.map((answer) => encodeFrame(hex(answer)))));

const digest = new Uint8Array(32);
const SELECTED = '61134f0600001000010079074f05a0000003089000';
const CERTIFICATE = '53097004300205007101009000';
const SIGNATURE = '7c0a820830060201010201019000';

/** An input is a repeated sequence of a card's responses. */
export const target: FuzzTarget = {
  name: 'piv-client',
  corpus: [
    stream(SELECTED, '9000', '63c2', CERTIFICATE, SIGNATURE, '9000'),
    stream(SELECTED, '6983', '6c05', '6105', '53096105', CERTIFICATE),
    stream('6100', '9000', '6a82'),
  ],
  words: [stream('9000'), stream('6100'), stream('6c00'), stream('63c0'), hex('5382'), hex('7c82')],
  async run(bytes) {
    const answers = orRefused(['VpcdError'], () => [...new FrameReader().push(bytes)]) ?? [];
    let at = 0;
    const client = new PivClient({
      transmit: async () => answers[at++ % answers.length] ?? new Uint8Array(0),
    });
    const calls = [
      client.select(),
      client.attemptsLeft(),
      client.readCertificate('authentication'),
      client.verifyPin('123456'),
      client.sign('authentication', digest, 'ES256'),
      client.sign('signing', digest, 'RS256', '123456'),
      client.changePin('123456', '654321'),
      client.unblock('87654321', '123456'),
    ];
    for (const result of await Promise.allSettled<unknown>(calls))
      if (result.status === 'rejected')
        assert.equal(result.reason.name, 'CardError', String(result.reason.stack));
  },
};
