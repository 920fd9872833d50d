import assert from 'node:assert/strict';
import { Refusal } from '../../../kernel/errors.ts';
import { HolderChecks } from '../../../src/cis2/authenticators/tablet/holder.ts';
import { checkType, tabletTypes, tokenIn } from '../../../src/cis2/authenticators/tablet/protocol.ts';
import { asText, type FuzzTarget, json } from '../target.ts';

const issuer = 'https://cis2.example.test';
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (typ: string, claims: object) =>
  `${encode({ alg: 'ES256', typ, kid: 'k' })}.${encode({ aud: issuer, ...claims })}.AAAA`;
const holders = new HolderChecks(undefined, false);

/** The data that a tablet posts, as far as it is parsed before its signature is verified. */
export const target: FuzzTarget = {
  name: 'tablet-request',
  corpus: [
    json({
      token: token(tabletTypes.answer, { request: 'r', nonce: 'n', number: '12', holder: { id: 'a' } }),
    }),
    json({ token: token(tabletTypes.key, { code: 'c' }), label: 'Ward tablet' }),
  ],
  words: ['"token":', '"label":', '.', '\u0000', '"__proto__"', '{"holder":', '[]', 'null'],
  async run(bytes) {
    try {
      const { jwt, label } = tokenIn('application/json', asText(bytes));
      assert.ok(label.length <= 60);
      assert.doesNotMatch(label, /\p{C}/u);
      const { holder } = checkType(jwt, tabletTypes.key, issuer);
      await holders.register(holder, 'code');
      assert.fail('without WebAuthn nobody is registered in production');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  },
};
