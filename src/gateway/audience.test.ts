import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { signJwt } from '@alongside/kernel/jws';
import { pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

const api = 'http://127.0.0.1';
const path = `${pdsBase}/Patient/9000000009`;

describe('the audience of a token (RFC 8707, RFC 9068 section 4, GHSA-wcvh-g65p-v576)', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
    await gateway.addStandardApplication('standard', ['pds', 'hello']);
  });
  after(() => gateway.stop());

  // [audience of the token, statuses at the PDS and at the canary]
  const cases: [string, string, number, number][] = [
    ['none, which means the platform', '', 200, 200],
    ['the platform', api, 200, 200],
    ['the PDS by its name', `${api}/personal-demographics`, 200, 401],
    ['the PDS by its address', `${api}${pdsBase}`, 200, 401],
    ['the canary', `${api}/canary-api`, 401, 200],
    ['both', `${api}/canary-api ${api}/personal-demographics`, 200, 200],
    ['a resource of somebody else', 'https://api.example/x', 401, 401],
    ['an address that only begins like the PDS', `${api}/personal-demographics-2`, 401, 401],
    ['another spelling of the platform', `${api}/`, 401, 401],
  ];
  for (const [name, aud, atPds, atCanary] of cases)
    test(`is accepted with ${atPds} at the PDS and ${atCanary} at the canary: ${name}`, async () => {
      const token = await gateway.issue({
        applicationId: 'standard',
        attributes: { aud, 'alongside.role_ids': '555254240100' },
      });
      for (const [target, status] of [
        [path, atPds],
        ['/canary-api', atCanary],
      ] as const) {
        const answer = await gateway.call(target, { token });
        assert.equal(answer.status, status, target);
        if (status === 200) continue;
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
        const kept = await gateway.refusals.find(answer.headers.get('x-message-id') ?? '');
        assert.equal(kept?.error, 'gateway.wrongAudience');
      }
    });

  test('is read from the record, never from a JWT', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const claims = { iss: `${api}/oauth2.1`, aud: api, sub: '656005750107', exp: 2_000_000_000, scope: 'x' };
    const header = { alg: 'ES256', typ: 'at+jwt', jwk: { ...publicKey.export({ format: 'jwk' }) } } as const;
    const forged = await signJwt(header, claims, privateKey);
    for (const token of [forged, `${forged.split('.').slice(0, 2).join('.')}.`])
      assert.equal((await gateway.call(path, { token })).status, 401);
  });
});
