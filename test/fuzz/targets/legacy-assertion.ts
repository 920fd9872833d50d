import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readRoleAssertion } from '../../../src/cis/legacy/assertion-reader.ts';
import { corpusBytes, corpusFile } from '../corpus.ts';
import { asText, type FuzzTarget, orAnyError } from '../target.ts';

const certificate = new X509Certificate(corpusBytes('legacy-assertion-signer'));
const signed = corpusFile('legacy-assertion.xml');
const honest = JSON.stringify(readRoleAssertion(asText(signed), certificate));

/** A signed role assertion: after any change, the reader returns the signed data or nothing. */
export const target: FuzzTarget = {
  name: 'legacy-assertion',
  corpus: [signed],
  words: [
    '<!-- -->',
    '<saml:Assertion',
    '</saml:Assertion>',
    'AssertionID="',
    '656005750107',
    '<ds:Object>',
    '</ds:Object>',
    '&#x36;',
    '\u2028',
  ],
  async run(bytes) {
    const read = await orAnyError(() => readRoleAssertion(asText(bytes), certificate));
    if (read) assert.equal(JSON.stringify(read), honest);
  },
};
