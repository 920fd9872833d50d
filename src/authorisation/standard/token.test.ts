import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { applicationOf, scopes, secretOf } from '../testing/applications.ts';
import { type AssertionOptions, assertionOf, type ClientKey, newClientKey, withAssertion } from '../testing/assertions.ts';
import { assertError, throughBrowser } from '../testing/journeys.ts';
import { api, changed, type Platform, startPlatform } from '../testing/platform.ts';

const issuer = `${api}/oauth2.1`;
const verifier = 'v'.repeat(43);

type Change = Record<string, string | undefined>;

describe('standard profile: token and revoke', () => {
  let platform: Platform;
  let signer: ClientKey;
  let elliptic: ClientKey;
  before(async () => {
    [signer, elliptic] = await Promise.all([newClientKey('test-1'), newClientKey('test-ec', 'ES256')]);
    platform = await startPlatform({ keys: [signer.jwk, elliptic.jwk] });
  });
  after(() => platform.close());

  const callbackOf = (id: string) => (id === 'native' ? 'http://127.0.0.1:43210/callback' : `https://${id}.test/callback`);
  const credentials = async (id: string): Promise<Record<string, string>> => {
    if (id === 'native') return { client_id: 'key-of-native' };
    if (id !== 'signing') return { client_id: `key-of-${id}`, client_secret: secretOf(id) };
    return withAssertion(await assertionOf({ id, audience: issuer, clock: platform.clock, signer }));
  };
  const codeOf = async (id: string, scope: string | undefined = scopes.aal3): Promise<string> => {
    const request = {
      client_id: `key-of-${id}`,
      redirect_uri: callbackOf(id),
      response_type: 'code',
      scope,
      code_challenge: sha256(verifier),
      code_challenge_method: 'S256',
    };
    const { location } = await throughBrowser(platform, '/oauth2.1/authorize', changed(request, {}));
    return location?.searchParams.get('code') ?? '';
  };
  const redeem = async (id: string, code: string, change: Change = {}) => {
    const form = { grant_type: 'authorization_code', code, redirect_uri: callbackOf(id), code_verifier: verifier };
    return platform.post('/oauth2.1/token', changed({ ...form, ...(await credentials(id)) }, change));
  };
  const refresh = async (id: string, token: string, change: Change = {}) =>
    platform.post('/oauth2.1/token', changed({ grant_type: 'refresh_token', refresh_token: token, ...(await credentials(id)) }, change));
  const tokensOf = async (id: string) => {
    const { status, body, text } = await redeem(id, await codeOf(id));
    assert.equal(status, 200, text);
    return body as { access_token: string; refresh_token: string };
  };

  describe('success: numbers are numbers, scope is said', () => {
    for (const id of ['native', 'web', 'signing'])
      test(id, async () => {
        const { status, body, text } = await redeem(id, await codeOf(id));
        assert.equal(status, 200, text);
        const { access_token: access, refresh_token: token, ...rest } = body;
        assert.ok(access && token);
        assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 599, scope: scopes.aal3, refresh_token_expires_in: 43_199 });
      });
    test('no scope asked for: all that the level gives; several: those of the level', async () => {
      assert.equal((await redeem('web', await codeOf('web', ''))).body.scope, scopes.aal3);
      const several = `openid ${scopes.aal2} ${scopes.aal3} ${scopes.application}`;
      assert.equal((await redeem('web', await codeOf('web', several))).body.scope, scopes.aal3);
    });
  });

  describe('errors of the code grant; none of them uses the code up', () => {
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
    test('each of them', async (t) => {
      const code = await codeOf('native');
      for (const [name, change, status, error] of rows)
        await t.test(name, async () => {
          const answer = await redeem('native', code, change);
          assert.deepEqual([answer.status, answer.body.error], [status, error], answer.text);
          assert.ok(await platform.refusals.find(answer.body.message_id));
        });
      assert.equal((await redeem('native', code)).status, 200);
    });
    test('another client\'s code', async () => {
      const answer = await redeem('web', await codeOf('native'));
      await assertError(platform, answer, 400, 'invalid_grant', 'The authorization code is not valid.');
    });
    test('HTTP Basic: refused in its own terms', async () => {
      const answer = await platform.post('/oauth2.1/token', { grant_type: 'authorization_code' }, { authorization: 'Basic eDp5' });
      assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client']);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic/);
    });
    test('not a form', async () => {
      const answer = await platform.call('/oauth2.1/token', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
    });
    test('a code lasts a minute', async () => {
      const code = await codeOf('native');
      platform.clock.advance(60);
      assert.equal((await redeem('native', code)).body.error, 'invalid_grant');
    });
  });

  describe('a code that is used again (RFC 6749 section 4.1.2)', () => {
    const alive = async (token: string) => {
      const record = await platform.tokens.find(token);
      return record !== undefined && platform.tokens.isLive(record);
    };
    const rows: [string, number, string, boolean][] = [
      ['by the same client within 10 s: refused, nothing more', 10, 'native', true],
      ['by the same client later: all that came from it ends', 11, 'native', false],
      ['by another client at once: all that came from it ends', 0, 'web', false],
    ];
    for (const [name, wait, id, lives] of rows)
      test(name, async () => {
        const code = await codeOf('native');
        const { body } = await redeem('native', code);
        platform.clock.advance(wait);
        const again = await redeem(id, code, { redirect_uri: callbackOf('native') });
        assert.equal(again.body.error, 'invalid_grant');
        assert.deepEqual([await alive(body.access_token), await alive(body.refresh_token)], [lives, lives]);
      });
    test('ten at once: one winner, and its tokens live', async () => {
      const code = await codeOf('native');
      const answers = await Promise.all(Array.from({ length: 10 }, () => redeem('native', code)));
      const winners = answers.filter(({ status }) => status === 200);
      assert.equal(winners.length, 1);
      assert.ok(await alive(winners[0]?.body.access_token));
    });
  });

  describe('refresh', () => {
    test('rotation; the access token of a narrower scope, the refresh token keeps its own', async () => {
      const first = await tokensOf('native');
      const second = await refresh('native', first.refresh_token, { scope: scopes.aal3 });
      assert.equal(second.status, 200, second.text);
      assert.notEqual(second.body.refresh_token, first.refresh_token);
      assert.equal(second.body.scope, scopes.aal3);
      const wider = await refresh('native', second.body.refresh_token, { scope: `${scopes.aal3} ${scopes.aal2}` });
      assert.equal(wider.body.error, 'invalid_scope');
      assert.equal((await refresh('native', second.body.refresh_token)).status, 200);
    });

    test('the same again within 30 s: the same successor', async () => {
      const first = await tokensOf('native');
      const [one, two] = [await refresh('native', first.refresh_token), await refresh('native', first.refresh_token)];
      assert.deepEqual(two.body, one.body);
      platform.clock.advance(30);
      const { access_token: access, refresh_token: token } = (await refresh('native', first.refresh_token)).body;
      assert.deepEqual([access, token], [one.body.access_token, one.body.refresh_token]);
    });

    const ends: [string, number, boolean][] = [
      ['31 s later', 31, false],
      ['once its successor was used', 0, true],
    ];
    for (const [name, wait, useSuccessor] of ends)
      test(`the same again ${name}: the family ends`, async () => {
        const first = await tokensOf('native');
        const one = (await refresh('native', first.refresh_token)).body;
        const last = useSuccessor ? (await refresh('native', one.refresh_token)).body : one;
        platform.clock.advance(wait);
        await assertError(platform, await refresh('native', first.refresh_token), 400, 'invalid_grant', 'The refresh token is not valid.');
        assert.equal((await refresh('native', last.refresh_token)).body.error, 'invalid_grant');
        assert.ok((await platform.tokens.find(last.access_token))?.revokedAt);
      });

    test('ten at once: one successor for all', async () => {
      const first = await tokensOf('native');
      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh('native', first.refresh_token)));
      assert.deepEqual(answers.map(({ status }) => status), Array(10).fill(200));
      assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1);
      assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1);
    });

    test('another client, an access token, one that has run out', async () => {
      const first = await tokensOf('native');
      assert.equal((await refresh('web', first.refresh_token)).body.error, 'invalid_grant');
      assert.equal((await refresh('native', first.access_token)).body.error, 'invalid_grant');
      assert.equal((await refresh('native', '')).body.error, 'invalid_request');
      platform.clock.advance(43_200);
      assert.equal((await refresh('native', first.refresh_token)).body.error, 'invalid_grant');
    });
  });

  describe('private_key_jwt', () => {
    const ask = async (options: Partial<AssertionOptions> = {}, change: Change = {}) => {
      const assertion = await assertionOf({ id: 'signing', audience: issuer, clock: platform.clock, signer, ...options });
      return platform.post('/oauth2.1/token', changed({ grant_type: 'client_credentials', ...withAssertion(assertion) }, change));
    };
    const later = () => Math.floor(platform.clock.now() / 1_000);

    test('success, by RS512, ES256, with either type; application scopes', async () => {
      const { status, body } = await ask();
      assert.equal(status, 200);
      assert.deepEqual([body.scope, body.expires_in, body.refresh_token], [scopes.application, 599, undefined]);
      assert.equal((await ask({ signer: elliptic, algorithm: 'ES256' })).status, 200);
      assert.equal((await ask({ header: { typ: 'client-authentication+jwt' } }, { client_id: 'key-of-signing' })).status, 200);
    });

    const rows: [string, () => Partial<AssertionOptions>, Change?][] = [
      ['aud of the token endpoint', () => ({ audience: `${issuer}/token` })],
      ['aud a list', () => ({ claims: { aud: [issuer] } })],
      ['iss of another', () => ({ claims: { iss: 'x' } })],
      ['exp missing', () => ({ claims: { exp: undefined } })],
      ['exp in the past', () => ({ claims: { exp: later() } })],
      ['exp too far', () => ({ claims: { exp: later() + 311 } })],
      ['nbf a minute ahead', () => ({ claims: { nbf: later() + 60 } })],
      ['jti missing', () => ({ claims: { jti: undefined } })],
      ['typ of an access token', () => ({ header: { typ: 'at+jwt' } })],
      ['alg none', () => ({ header: { alg: 'none' } })],
      ['alg of another key type', () => ({ header: { alg: 'RS512' }, signer: elliptic, algorithm: 'ES256' })],
      ['kid unknown', () => ({ kid: 'unknown' })],
      ['client_id of another', () => ({}), { client_id: 'key-of-web' }],
      ['client_assertion_type wrong', () => ({}), { client_assertion_type: 'x' }],
    ];
    for (const [name, options, change] of rows)
      test(name, async () => {
        await assertError(platform, await ask(options(), change), 401, 'invalid_client', 'Client authentication failed.');
      });

    test('a jti counts once, and only a proven assertion uses it up', async () => {
      const claims: JwtClaims = { jti: uuid() };
      assert.equal((await ask({ claims, audience: 'x' })).status, 401);
      assert.equal((await ask({ claims })).status, 200);
      assert.equal((await ask({ claims })).status, 401);
      const assertion = await assertionOf({ id: 'signing', audience: issuer, clock: platform.clock, signer });
      const form = { grant_type: 'client_credentials', ...withAssertion(assertion) };
      const answers = await Promise.all(Array.from({ length: 10 }, () => platform.post('/oauth2.1/token', form)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    });

    test('the registered algorithm alone', async () => {
      const half = { profile: 'standard', tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'ES256', jwks: { keys: [signer.jwk, elliptic.jwk] } } as const;
      await platform.applications.add(applicationOf('only-es256', { ...half, jwks: { keys: [...half.jwks.keys] } }));
      assert.equal((await ask({ id: 'only-es256' })).status, 401);
      assert.equal((await ask({ id: 'only-es256', signer: elliptic, algorithm: 'ES256' })).status, 200);
    });

    test('a public client gets nothing for itself', async () => {
      const answer = await platform.post('/oauth2.1/token', { grant_type: 'client_credentials', client_id: 'key-of-native' });
      assert.equal(answer.body.error, 'unauthorized_client');
    });
  });

  describe('POST /revoke (RFC 7009)', () => {
    const revoke = async (id: string, token: string) => platform.post('/oauth2.1/revoke', { token, ...(await credentials(id)) });
    const isRevoked = async (token: string) => (await platform.tokens.find(token))?.revokedAt !== null;

    test('a refresh token ends all, an access token itself', async () => {
      const tokens = await tokensOf('native');
      assert.equal((await revoke('native', tokens.access_token)).status, 200);
      assert.deepEqual([await isRevoked(tokens.access_token), await isRevoked(tokens.refresh_token)], [true, false]);
      const others = await tokensOf('native');
      const answer = await revoke('native', others.refresh_token);
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.deepEqual([await isRevoked(others.access_token), await isRevoked(others.refresh_token)], [true, true]);
      assert.equal((await refresh('native', others.refresh_token)).body.error, 'invalid_grant');
    });
    test('unknown, or another client\'s: the same answer, nothing happens', async () => {
      const tokens = await tokensOf('native');
      assert.equal((await revoke('native', 'unknown')).status, 200);
      assert.equal((await revoke('web', tokens.refresh_token)).status, 200);
      assert.equal(await isRevoked(tokens.refresh_token), false);
    });
    test('no token, no client', async () => {
      assert.equal((await revoke('native', '')).body.error, 'invalid_request');
      assert.equal((await platform.post('/oauth2.1/revoke', { token: 'x' })).status, 401);
    });
  });
});
