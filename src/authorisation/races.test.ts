import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bothDialects } from '../../test/testing/dialects.ts';
import { secretOf } from './testing/applications.ts';
import { assertionOf, type ClientKey, newClientKey, withAssertion } from './testing/assertions.ts';
import { authorizeRequest, codeOf, codeRequest, refreshRequest, tokensOf } from './testing/journeys.ts';
import { api, type Platform, startPlatform } from './testing/platform.ts';
import { careWorker } from './testing/provider.ts';
import { type StandardClient, startStandardClient } from './testing/standard.ts';

// Two services on one database, as two processes are: each with its own connections and caches.
const rounds = 3;

const dialects = bothDialects();

for (const [dialect, open] of dialects)
  describe(`two services on one database, ${dialect}: of ten uses at once one wins`, () => {
    let standard: StandardClient;
    let one: Platform;
    let two: Platform;
    let signer: ClientKey;
    before(async () => {
      const database = await open();
      signer = await newClientKey('test-1');
      standard = await startStandardClient({ database, keys: [signer.jwk] });
      one = standard.platform;
      two = await startPlatform({ database, beside: one });
    });
    after(async () => {
      await two.close();
      await one.close();
    });

    /** Ten requests, in turn to the one and the other. */
    const atOnce = (path: string, form: Record<string, string>) =>
      Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two).post(path, form)));

    test('accept a code once', async () => {
      for (let round = 0; round < rounds; round++) {
        const answers = await atOnce('/oauth2/token', codeRequest(await codeOf(one)));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        assert.equal(
          answers.filter(({ body }) => body.error_description === 'authorization_code is invalid').length,
          9,
        );
      }
    });

    test('accept a refresh token once', async () => {
      for (let round = 0; round < rounds; round++) {
        const { refresh_token: token = '' } = await tokensOf(one);
        const answers = await atOnce('/oauth2/token', refreshRequest(token));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        assert.equal(
          answers.filter(({ body }) => body.error_description === 'refresh_token is invalid').length,
          9,
        );
      }
    });

    test('accept a jti once', async () => {
      for (let round = 0; round < rounds; round++) {
        const assertion = await assertionOf({
          id: 'separate',
          audience: `${api}/oauth2/token`,
          clock: one.clock,
          signer,
        });
        const answers = await atOnce('/oauth2/token', {
          grant_type: 'client_credentials',
          ...withAssertion(assertion),
        });
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      }
    });

    test('accept a state once', async () => {
      for (let round = 0; round < rounds; round++) {
        const sent = await one.get('/oauth2/authorize', authorizeRequest());
        const provided = await one.call(sent.location ?? '');
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two).call(provided.location ?? '')),
        );
        assert.equal(
          answers.filter(({ body }) => body.error_description === 'Invalid state parameter.').length,
          9,
        );
      }
    });

    test('count one quota together', async () => {
      const ratelimiting = JSON.stringify({ oauth2: { quota: { limit: 5 } } });
      const stored = await one.applications.get('other');
      assert.ok(stored?.platform);
      const { revision, ...application } = stored;
      await one.applications.replace(
        { ...application, platform: { ...stored.platform, attributes: { ratelimiting } } },
        revision,
      );
      const answers = await atOnce('/oauth2/token', codeRequest('x', 'other'));
      assert.equal(answers.filter(({ status }) => status === 429).length, 5);
    });

    test('exchange an access token, and none after it was revoked', async () => {
      const proof = { client_id: 'key-of-web', client_secret: secretOf('web') };
      const { access_token: first } = await standard.tokensOf('web');
      const exchange = (token: string) =>
        two.post('/oauth2.1/token', {
          ...proof,
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        });
      const exchanged = await exchange(first);
      assert.equal(exchanged.status, 200, exchanged.text);
      assert.equal((await exchange(exchanged.body.access_token)).status, 200);
      assert.equal((await one.post('/oauth2.1/revoke', { ...proof, token: first })).status, 200);
      assert.equal((await exchange(first)).status, 400);
    });

    test('leave no live token after a logout during refreshing', async () => {
      for (let round = 0; round < rounds; round++) {
        const sid = `racing-${round}`;
        one.provider.state.person = { ...careWorker, sid };
        const { refresh_token: token = '' } = await tokensOf(one);
        const code = await codeOf(one);
        const logout = { logout_token: await one.provider.logoutToken({ sid }) };
        const answers = await Promise.all([
          two.post('/oauth2/token', refreshRequest(token)),
          one.post('/oauth2/backchannel_logout', logout),
          two.post('/oauth2/token', codeRequest(code)),
        ]);
        assert.equal(answers[1]?.status, 200, answers[1]?.text);
        for (const { body } of answers)
          for (const given of [body.access_token, body.refresh_token]) {
            const record = given === undefined ? undefined : await one.tokens.find(given);
            assert.ok(!record || !one.tokens.isLive(record), `round ${round}`);
          }
        one.provider.reset();
      }
    });
  });
