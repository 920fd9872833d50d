import assert from 'node:assert/strict';
import { parseSignedChallenge, parseSmime } from '../../../src/cis/legacy/cms.ts';
import { corpusBytes } from '../corpus.ts';
import { type FuzzTarget, orAnyError, text } from '../target.ts';

const message = corpusBytes('legacy-cms');
const header = 'Content-Type: application/x-pkcs7-mime\nContent-Transfer-Encoding: base64\n\n';
const envelope = Buffer.from(`${header}${Buffer.from(message).toString('base64')}`).toString('base64');

/** The response of a card: a CMS message as DER, or its MIME envelope in base64. */
export const target: FuzzTarget = {
  name: 'legacy-cms',
  corpus: [message, text(envelope)],
  words: [text('Content-Type: '), new Uint8Array([0x30, 0x80]), new Uint8Array([0xa0, 0x84, 0x7f])],
  async run(bytes) {
    const read = await orAnyError(() => parseSignedChallenge(bytes));
    if (read) {
      assert.ok(read.digest === 'sha1' || read.digest === 'sha256');
      assert.ok(Buffer.isBuffer(read.content) && Buffer.isBuffer(read.signature));
    }
    const enclosed = await orAnyError(() => parseSmime(Buffer.from(bytes).toString('latin1')));
    assert.ok(enclosed === undefined || Buffer.isBuffer(enclosed));
  },
};
