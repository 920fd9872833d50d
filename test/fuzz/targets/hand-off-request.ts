import assert from 'node:assert/strict';
import { ManualClock } from '@alongside/kernel/clock';
import {
  checkClaims,
  checkResponseUri,
  decodeRequest,
  PinnedKeys,
} from '../../../identity-agent/handoff/request.ts';
import { requestType } from '../../../identity-agent/protocol.ts';
import { Servers } from '../../../identity-agent/server-call.ts';
import { asText, type FuzzTarget, orRefused, text } from '../target.ts';

const issuer = 'http://localhost:8402/openam/oauth2/realms/root';
const now = 1_800_000_000;
const clock = new ManualClock(now * 1000);
const keys = new PinnedKeys('http://127.0.0.1:9/none', new Servers(), clock);
const cis2 = { keys, clock, issuer };

const header = { alg: 'ES256', typ: requestType, kid: 'a' };
const claims = {
  iss: issuer,
  aud: 'identity-agent',
  jti: 'abcdefgh',
  iat: now,
  exp: now + 60,
  nonce: 'a'.repeat(43),
  txn_h: 'b'.repeat(43),
  response_uri: 'http://localhost:8402/agent/return',
  client_name: 'A clinical application',
  interactive: true,
  prompt_login: false,
  max_age: 60,
};
const open = (...parts: object[]): Uint8Array => text(parts.map((part) => JSON.stringify(part)).join('\n'));
const compact = (given: string): string =>
  `${given
    .split('\n')
    .map((part) => Buffer.from(part).toString('base64url'))
    .slice(0, 2)
    .join('.')}.AAAA`;

/** All checks of a request except its signature, as if CIS2 had signed any input. */
export const target: FuzzTarget = {
  name: 'hand-off-request',
  corpus: [
    open(header, claims),
    open({ ...header, alg: 'none' }, claims),
    open(header, { ...claims, max_age: 0 }),
  ],
  words: [
    '"aud":["identity-agent"]',
    '\\u0000',
    '1e999',
    '-1',
    'null',
    '[',
    '@evil.test',
    '"__proto__":',
    '#',
    '\\u202e',
  ],
  run(bytes) {
    const trusted = orRefused(['Refusal'], () => {
      const { trusted } = checkClaims({ ...decodeRequest([compact(asText(bytes))]), cis2 });
      checkResponseUri({ trusted, cis2 });
      return trusted;
    });
    if (!trusted) return;
    const { response_uri, exp, client_name, aud } = trusted.claims;
    assert.equal(new URL(response_uri).origin, 'http://localhost:8402');
    assert.ok(exp > now && exp <= now + 70 && aud === 'identity-agent' && client_name.length <= 200);
  },
};
