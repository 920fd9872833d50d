import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scopes } from '../testing/applications.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

describe('refresh and revoke at /oauth2.1', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  describe('refresh', () => {
    test('rotates, and narrows the scope of the access token alone', async () => {
      const first = await client.tokensOf('native');
      const second = await client.refresh('native', first.refresh_token, { scope: scopes.aal3 });
      assert.equal(second.status, 200, second.text);
      assert.notEqual(second.body.refresh_token, first.refresh_token);
      assert.equal(second.body.scope, scopes.aal3);
      const wider = await client.refresh('native', second.body.refresh_token, {
        scope: `${scopes.aal3} ${scopes.aal2}`,
      });
      assert.equal(wider.body.error, 'invalid_scope');
      assert.equal((await client.refresh('native', second.body.refresh_token)).status, 200);
    });

    test('refuses every repeat of a public client without DPoP, and ends the family', async () => {
      const first = await client.tokensOf('native');
      const one = await client.refresh('native', first.refresh_token);
      assert.equal(one.status, 200);
      const again = await client.refresh('native', first.refresh_token);
      assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
      assert.equal((await client.refresh('native', one.body.refresh_token)).body.error, 'invalid_grant');
      assert.ok((await client.platform.tokens.find(one.body.access_token))?.revokedAt);
    });

    test('answers one of ten simultaneous refreshes of a public client without DPoP, and ends the family', async () => {
      const first = await client.tokensOf('native');
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => client.refresh('native', first.refresh_token)),
      );
      const [won, ...others] = answers.filter(({ status }) => status === 200);
      assert.equal(others.length, 0);
      assert.equal((await client.refresh('native', won?.body.refresh_token)).body.error, 'invalid_grant');
    });

    test('refuses another client, an access token and an expired token', async () => {
      const first = await client.tokensOf('native');
      assert.equal((await client.refresh('web', first.refresh_token)).body.error, 'invalid_grant');
      assert.equal((await client.refresh('native', first.access_token)).body.error, 'invalid_grant');
      assert.equal((await client.refresh('native', '')).body.error, 'invalid_request');
      client.platform.clock.advance(43_200);
      assert.equal((await client.refresh('native', first.refresh_token)).body.error, 'invalid_grant');
    });
  });
});
