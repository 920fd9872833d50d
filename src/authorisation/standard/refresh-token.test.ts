import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scopes } from '../testing/applications.ts';
import { assertError } from '../testing/journeys.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

describe('standard profile: refresh and revoke', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  describe('refresh', () => {
    test('rotation; the access token of a narrower scope, the refresh token keeps its own', async () => {
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

    test('the same again within 30 s: the same successor', async () => {
      const first = await client.tokensOf('web');
      const [one, two] = [
        await client.refresh('web', first.refresh_token),
        await client.refresh('web', first.refresh_token),
      ];
      assert.deepEqual(two.body, one.body);
      client.platform.clock.advance(30);
      const { access_token: access, refresh_token: token } = (
        await client.refresh('web', first.refresh_token)
      ).body;
      assert.deepEqual([access, token], [one.body.access_token, one.body.refresh_token]);
    });

    const ends: [string, number, boolean][] = [
      ['31 s later', 31, false],
      ['once its successor was used', 0, true],
    ];
    for (const [name, wait, useSuccessor] of ends)
      test(`the same again ${name}: the family ends`, async () => {
        const first = await client.tokensOf('web');
        const one = (await client.refresh('web', first.refresh_token)).body;
        const last = useSuccessor ? (await client.refresh('web', one.refresh_token)).body : one;
        client.platform.clock.advance(wait);
        await assertError(
          client.platform,
          await client.refresh('web', first.refresh_token),
          400,
          'invalid_grant',
          'The refresh token is not valid.',
        );
        assert.equal((await client.refresh('web', last.refresh_token)).body.error, 'invalid_grant');
        assert.ok((await client.platform.tokens.find(last.access_token))?.revokedAt);
      });

    test('ten at once: one successor for all', async () => {
      const first = await client.tokensOf('web');
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => client.refresh('web', first.refresh_token)),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(10).fill(200),
      );
      assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1);
      assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1);
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

    test('another client, an access token, one that has run out', async () => {
      const first = await client.tokensOf('native');
      assert.equal((await client.refresh('web', first.refresh_token)).body.error, 'invalid_grant');
      assert.equal((await client.refresh('native', first.access_token)).body.error, 'invalid_grant');
      assert.equal((await client.refresh('native', '')).body.error, 'invalid_request');
      client.platform.clock.advance(43_200);
      assert.equal((await client.refresh('native', first.refresh_token)).body.error, 'invalid_grant');
    });
  });

  describe('POST /revoke (RFC 7009)', () => {
    const revoke = async (id: string, token: string) =>
      client.platform.post('/oauth2.1/revoke', { token, ...(await client.credentials(id)) });
    const isRevoked = async (token: string) => (await client.platform.tokens.find(token))?.revokedAt !== null;

    test('a refresh token ends all, an access token itself', async () => {
      const tokens = await client.tokensOf('native');
      assert.equal((await revoke('native', tokens.access_token)).status, 200);
      assert.deepEqual(
        [await isRevoked(tokens.access_token), await isRevoked(tokens.refresh_token)],
        [true, false],
      );
      const others = await client.tokensOf('native');
      const answer = await revoke('native', others.refresh_token);
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.deepEqual(
        [await isRevoked(others.access_token), await isRevoked(others.refresh_token)],
        [true, true],
      );
      assert.equal((await client.refresh('native', others.refresh_token)).body.error, 'invalid_grant');
    });
    test("unknown, or another client's: the same answer, nothing happens", async () => {
      const tokens = await client.tokensOf('native');
      assert.equal((await revoke('native', 'unknown')).status, 200);
      assert.equal((await revoke('web', tokens.refresh_token)).status, 200);
      assert.equal(await isRevoked(tokens.refresh_token), false);
    });
    test('no token, no client', async () => {
      assert.equal((await revoke('native', '')).body.error, 'invalid_request');
      assert.equal((await client.platform.post('/oauth2.1/revoke', { token: 'x' })).status, 401);
    });
  });
});
