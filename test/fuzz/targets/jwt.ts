import assert from 'node:assert/strict';
import { decodeJwt } from '../../../kernel/jws.ts';
import { asText, type FuzzTarget, text } from '../target.ts';

const encode = (value: string): string => Buffer.from(value).toString('base64url');

/** Header and claims as separate lines, so that mutations change their content, not only their base64. */
const open = (header: object, claims: object): Uint8Array =>
  text(`${JSON.stringify(header)}\n${JSON.stringify(claims)}\nAAAA`);

export const target: FuzzTarget = {
  name: 'jwt',
  corpus: [
    open(
      { alg: 'ES256', typ: 'JWT', kid: 'a' },
      { iss: 'https://a.test', sub: 'b', aud: ['c'], exp: 2_000_000_000 },
    ),
    open({ alg: 'none' }, {}),
    text(`${encode('{"alg":"RS512"}')}.${encode('{"jti":"1"}')}.AAAA`),
  ],
  words: [
    '"crit":["b64"]',
    '"alg":"none"',
    '.',
    '..',
    '=',
    '"__proto__":{"a":1}',
    '\n',
    '[',
    '"exp":1e999',
    '-_',
  ],
  run(bytes) {
    const given = asText(bytes);
    for (const token of [
      given,
      given
        .split('\n')
        .map((part, at) => (at < 2 ? encode(part) : part))
        .join('.'),
    ]) {
      const jwt = decodeJwt(token);
      if (!jwt) continue;
      assert.ok(!('crit' in jwt.header) && !Array.isArray(jwt.claims));
      assert.equal(`${jwt.signed}.${jwt.signature.toString('base64url')}`, token);
    }
  },
};
