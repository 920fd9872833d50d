import assert from 'node:assert/strict';
import { parseCrl } from '../../../src/cis/revocation/crl-check.ts';
import { parseOcspResponse } from '../../../src/cis/revocation/ocsp-check.ts';
import { parseOcspRequest } from '../../../src/cis/revocation/ocsp-messages.ts';
import { corpusBytes } from '../corpus.ts';
import { type FuzzTarget, orAnyError } from '../target.ts';

/** Revocation lists, OCSP requests and responses are parsed or refused. */
export const target: FuzzTarget = {
  name: 'card-revocation',
  corpus: [corpusBytes('crl'), corpusBytes('ocsp-request'), corpusBytes('ocsp-response')],
  words: [new Uint8Array([0x30, 0x80]), new Uint8Array([0xa0, 0x84, 0x7f])],
  async run(bytes) {
    const asked = await orAnyError(() => parseOcspRequest(bytes));
    assert.ok(asked === undefined || asked.certificates.length > 0);
    for (const parse of [parseCrl, parseOcspResponse])
      try {
        parse(bytes);
      } catch (error) {
        assert.equal((error as Error).name, 'StatusUnknown');
      }
  },
};
