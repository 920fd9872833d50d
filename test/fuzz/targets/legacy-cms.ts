import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { buildSignedChallenge, parseSignedChallenge } from '../../../src/cis/legacy/cms.ts';
import { parseSmime } from '../../../src/cis/legacy/smime.ts';
import { memoryCard } from '../memory-card.ts';
import { asText, type FuzzTarget, hex, orAnyError, text } from '../target.ts';

const card = await memoryCard();
const key = {
  key: Buffer.from(card.privateKey('authentication') ?? ''),
  format: 'der',
  type: 'pkcs8',
} as const;
const message = buildSignedChallenge(text('a challenge'), {
  certificate: card.certificate('authentication') ?? new Uint8Array(0),
  digest: 'sha256',
  algorithm: '1.2.840.10045.4.3.2',
  sign: (content) => sign('sha256', content, key),
});
const header = 'Content-Type: application/x-pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n';
const response = Buffer.from(`${header}${message.toString('base64')}`).toString('base64');

export const target: FuzzTarget = {
  name: 'legacy-cms',
  corpus: [message, text(response)],
  words: [
    hex('3080'),
    hex('0000'),
    hex('a0820fff'),
    hex('2480'),
    hex('06092a864886f70d010702'),
    hex('84ffffffff'),
  ],
  async run(bytes) {
    const read = await orAnyError(() => parseSignedChallenge(bytes));
    if (read) assert.ok(read.content.length <= bytes.length && read.certificate.length <= bytes.length);
    const der = await orAnyError(() => parseSmime(asText(bytes)));
    if (der) await orAnyError(() => parseSignedChallenge(der));
  },
};
