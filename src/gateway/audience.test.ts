import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, startGateway } from './gateway.fixture.ts';

const api = 'http://127.0.0.1';
const path = `${pdsBase}/Patient/9000000009`;

describe('the audience of a token (RFC 8707, RFC 9068 section 4)', () => {
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
    test(`${name}: ${atPds} at the PDS, ${atCanary} at the canary`, async () => {
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
});
