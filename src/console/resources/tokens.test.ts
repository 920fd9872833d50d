import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startConsole, startTime, type TestConsole } from '../console.fixture.ts';

let console_: TestConsole;
const api = (method: string, path: string, body?: unknown, headers = {}) =>
  console_.send(`/api/v1${path}`, { method, json: body, headers });

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/tokens/inspect', () => {
  const record = {
    family: 'f',
    applicationId: 'demo-combined',
    clientId: 'c',
    uid: '656005750108',
    sid: null,
    scope: 'a b',
    attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108', id_token: 'sealed' },
    issuedAt: startTime,
    expiresAt: startTime + 1,
  };

  test('tells scope and attributes, and nothing that is sealed', async () => {
    await console_.database.run(
      console_.tokens.issuing('token-1', { ...record, kind: 'access', issuer: 'http://api.test/oauth2' }),
    );
    assert.deepEqual((await api('POST', '/tokens/inspect', { token: 'token-1' })).body, {
      scope: 'a b',
      attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108' },
    });
  });

  test('knows neither refresh tokens, nor those of CIS2, nor others', async () => {
    await console_.database.run(
      console_.tokens.issuing('token-2', { ...record, kind: 'refresh', issuer: 'http://api.test/oauth2' }),
    );
    await console_.database.run(
      console_.tokens.issuing('token-3', { ...record, kind: 'access', issuer: 'http://cis2.test/issuer' }),
    );
    for (const token of ['token-2', 'token-3', 'token-4']) {
      const answer = await api('POST', '/tokens/inspect', { token });
      assert.deepEqual([answer.status, answer.body.error], [404, 'unknown_token']);
      assert.doesNotMatch(answer.text, new RegExp(token));
    }
    assert.equal((await api('POST', '/tokens/inspect', { token: '' })).status, 400);
  });
});
