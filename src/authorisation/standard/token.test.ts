import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scopes } from '../testing/applications.ts';
import { assertError } from '../testing/journeys.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

type Change = Record<string, string | undefined>;

describe('the code grant at /oauth2.1', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  describe('the token response', () => {
    for (const id of ['native', 'web', 'signing'])
      test(`has numbers and scope for ${id}`, async () => {
        const { status, body, text } = await client.redeem(id, await client.codeOf(id));
        assert.equal(status, 200, text);
        const { access_token: access, refresh_token: token, ...rest } = body;
        assert.ok(access && token);
        assert.deepEqual(rest, {
          token_type: 'Bearer',
          expires_in: 599,
          scope: scopes.aal3,
          refresh_token_expires_in: 43_199,
        });
      });
    test('has all scopes of the level, or the requested ones of it', async () => {
      assert.equal((await client.redeem('web', await client.codeOf('web', ''))).body.scope, scopes.aal3);
      const several = `profile ${scopes.aal2} ${scopes.aal3} ${scopes.application}`;
      assert.equal((await client.redeem('web', await client.codeOf('web', several))).body.scope, scopes.aal3);
    });
  });

  describe('errors of the code grant', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Change, number, string][] = [
      ['code missing', { code: undefined }, 400, 'invalid_request'],
      ['code unknown', { code: 'unknown' }, 400, 'invalid_grant'],
      ['redirect_uri missing', { redirect_uri: undefined }, 400, 'invalid_grant'],
      ['redirect_uri with another port', { redirect_uri: 'http://127.0.0.1:43211/callback' }, 400, 'invalid_grant'],
      ['verifier missing', { code_verifier: undefined }, 400, 'invalid_grant'],
      ['verifier wrong', { code_verifier: 'w'.repeat(43) }, 400, 'invalid_grant'],
      ['grant_type missing', { grant_type: undefined }, 400, 'invalid_request'],
      ['grant_type password', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
      ['client_id missing', { client_id: undefined }, 401, 'invalid_client'],
      ['client unknown', { client_id: 'unknown' }, 401, 'invalid_client'],
      ['a client of the nhs profile', { client_id: 'key-of-combined' }, 401, 'invalid_client'],
      ['a confidential client without its secret', { client_id: 'key-of-web' }, 401, 'invalid_client'],
      ['a public client with a secret', { client_secret: 'x' }, 401, 'invalid_client'],
      ['a secret and an assertion', { client_secret: 'x', client_assertion: 'x' }, 400, 'invalid_request'],
    ];
    test('do not use the code up', async (t) => {
      const code = await client.codeOf('native');
      for (const [name, change, status, error] of rows)
        await t.test(name, async () => {
          const answer = await client.redeem('native', code, change);
          assert.deepEqual([answer.status, answer.body.error], [status, error], answer.text);
          assert.ok(await client.platform.refusals.find(answer.body.message_id));
        });
      assert.equal((await client.redeem('native', code)).status, 200);
    });
    test('include a code of another client', async () => {
      const answer = await client.redeem('web', await client.codeOf('native'));
      await assertError(
        client.platform,
        answer,
        400,
        'invalid_grant',
        'The authorization code is not valid.',
      );
    });
    test('gives a client for itself the scopes of applications, and no refresh token', async () => {
      const form = { grant_type: 'client_credentials', ...(await client.credentials('signing')) };
      const { status, body } = await client.platform.post('/oauth2.1/token', form);
      assert.deepEqual(
        [status, body.scope, body.expires_in, body.refresh_token],
        [200, scopes.application, 599, undefined],
      );
    });
    test('refuses client_credentials to a public client', async () => {
      const form = { grant_type: 'client_credentials', client_id: 'key-of-native' };
      const { body } = await client.platform.post('/oauth2.1/token', form);
      assert.equal(body.error, 'unauthorized_client');
    });
  });
});
