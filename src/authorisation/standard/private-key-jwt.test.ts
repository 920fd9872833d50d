import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import { applicationOf, scopes } from '../testing/applications.ts';
import { type AssertionOptions, assertionOf, withAssertion } from '../testing/assertions.ts';
import { assertError } from '../testing/journeys.ts';
import { changed } from '../testing/platform.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

type Change = Record<string, string | undefined>;

describe('standard profile: private_key_jwt', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  describe('private_key_jwt', () => {
    const ask = async (options: Partial<AssertionOptions> = {}, change: Change = {}) => {
      const assertion = await assertionOf({
        id: 'signing',
        audience: standardIssuer,
        clock: client.platform.clock,
        signer: client.signer,
        ...options,
      });
      return client.platform.post(
        '/oauth2.1/token',
        changed({ grant_type: 'client_credentials', ...withAssertion(assertion) }, change),
      );
    };
    const later = () => Math.floor(client.platform.clock.now() / 1_000);

    test('success, by RS512, ES256, with either type; application scopes', async () => {
      const { status, body } = await ask();
      assert.equal(status, 200);
      assert.deepEqual(
        [body.scope, body.expires_in, body.refresh_token],
        [scopes.application, 599, undefined],
      );
      assert.equal((await ask({ signer: client.elliptic, algorithm: 'ES256' })).status, 200);
      assert.equal(
        (await ask({ header: { typ: 'client-authentication+jwt' } }, { client_id: 'key-of-signing' })).status,
        200,
      );
    });

    const rows: [string, () => Partial<AssertionOptions>, Change?][] = [
      ['aud of the token endpoint', () => ({ audience: `${standardIssuer}/token` })],
      ['aud a list', () => ({ claims: { aud: [standardIssuer] } })],
      ['iss of another', () => ({ claims: { iss: 'x' } })],
      ['exp missing', () => ({ claims: { exp: undefined } })],
      ['exp in the past', () => ({ claims: { exp: later() - 10 } })],
      ['exp too far', () => ({ claims: { exp: later() + 311 } })],
      ['nbf a minute ahead', () => ({ claims: { nbf: later() + 60 } })],
      ['jti missing', () => ({ claims: { jti: undefined } })],
      ['typ of an access token', () => ({ header: { typ: 'at+jwt' } })],
      ['alg none', () => ({ header: { alg: 'none' } })],
      [
        'alg of another key type',
        () => ({ header: { alg: 'RS512' }, signer: client.elliptic, algorithm: 'ES256' }),
      ],
      ['kid unknown', () => ({ kid: 'unknown' })],
      ['client_id of another', () => ({}), { client_id: 'key-of-web' }],
      ['client_assertion_type wrong', () => ({}), { client_assertion_type: 'x' }],
    ];
    for (const [name, options, change] of rows)
      test(name, async () => {
        await assertError(
          client.platform,
          await ask(options(), change),
          401,
          'invalid_client',
          'Client authentication failed.',
        );
      });

    test('a jti counts once, and only a proven assertion uses it up', async () => {
      const claims: JwtClaims = { jti: uuid() };
      assert.equal((await ask({ claims, audience: 'x' })).status, 401);
      assert.equal((await ask({ claims })).status, 200);
      assert.equal((await ask({ claims })).status, 401);
      const assertion = await assertionOf({
        id: 'signing',
        audience: standardIssuer,
        clock: client.platform.clock,
        signer: client.signer,
      });
      const form = { grant_type: 'client_credentials', ...withAssertion(assertion) };
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => client.platform.post('/oauth2.1/token', form)),
      );
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    });

    test('the registered algorithm alone', async () => {
      const half = {
        profile: 'standard',
        tokenEndpointAuthMethod: 'private_key_jwt',
        signingAlg: 'ES256',
        jwks: { keys: [client.signer.jwk, client.elliptic.jwk] },
      } as const;
      await client.platform.applications.add(
        applicationOf('only-es256', { ...half, jwks: { keys: [...half.jwks.keys] } }),
      );
      assert.equal((await ask({ id: 'only-es256' })).status, 401);
      assert.equal(
        (await ask({ id: 'only-es256', signer: client.elliptic, algorithm: 'ES256' })).status,
        200,
      );
    });

    test('a public client gets nothing for itself', async () => {
      const answer = await client.platform.post('/oauth2.1/token', {
        grant_type: 'client_credentials',
        client_id: 'key-of-native',
      });
      assert.equal(answer.body.error, 'unauthorized_client');
    });
  });
});
