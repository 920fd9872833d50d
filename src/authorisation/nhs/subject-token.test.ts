import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import { scopes } from '../testing/applications.ts';
import { type ClientKey, exchangeAt, newClientKey } from '../testing/assertions.ts';
import { assertError } from '../testing/journeys.ts';
import { noon, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker, type ProviderState } from '../testing/provider.ts';

const now = Math.floor(noon / 1_000);
const noGrant =
  'you have tried to request authorization but your application is not configured to use this authorization grant type';

describe('token exchange: subject and actor tokens', () => {
  let platform: Platform;
  let signer: ClientKey;
  let request: ReturnType<typeof exchangeAt>;
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({ keys: [signer.jwk] });
    request = exchangeAt(platform, signer);
  });
  after(() => platform.close());
  afterEach(() => {
    platform.provider.reset();
    platform.citizens.reset();
  });

  describe('errors of the subject token, each with a later error too', () => {
    const later: JwtClaims = { iss: undefined, aud: undefined };
    // biome-ignore format: a table, one row a line
    const rows: [string, Partial<ProviderState>, number, string, string][] = [
      ['kid missing, typ too', { header: { kid: undefined, typ: undefined } }, 400, 'invalid_request', "Missing 'kid' header in subject_token JWT"],
      ['typ missing, exp too', { header: { typ: undefined }, claims: { exp: undefined } }, 400, 'invalid_request', "Invalid 'typ' header in subject_token JWT - must be 'JWT'"],
      ['typ of a logout token', { header: { typ: 'logout+jwt' } }, 400, 'invalid_request', "Invalid 'typ' header in subject_token JWT - must be 'JWT'"],
      ['exp missing', { claims: { ...later, exp: undefined } }, 400, 'invalid_request', "Missing 'exp' claim in subject_token JWT"],
      ['exp a text', { claims: { ...later, exp: String(now + 300) } }, 400, 'invalid_request', "Invalid 'exp' claim in subject_token JWT - must be an integer"],
      ['exp in the past', { claims: { ...later, exp: now - 1 } }, 400, 'invalid_request', "Invalid 'exp' claim in subject_token JWT - JWT has expired"],
      ['iss missing', { claims: later }, 400, 'invalid_request', "Missing 'iss' claim in subject_token JWT"],
      ['aud missing, iss wrong', { claims: { aud: undefined, iss: 'x' } }, 401, 'invalid_request', "Missing 'aud' claim in subject_token JWT"],
      ['iss of another provider, kid unknown', { claims: { iss: 'https://other.test' }, header: { kid: 'x' } }, 400, 'invalid_request', "Missing or non-matching 'iss' claim in subject_token JWT"],
      ['kid unknown', { header: { kid: 'unknown' }, claims: { aud: 'x' } }, 401, 'invalid_request', "Invalid 'kid' header in subject_token JWT - no matching public key"],
      ['signature forged, aud wrong', { forged: true, claims: { aud: 'x' } }, 401, 'public_key error', 'JWT signature verification failed'],
      ['signed by PS256', { algorithm: 'PS256' }, 401, 'public_key error', 'JWT signature verification failed'],
      ['aud of another client, level unknown', { claims: { aud: 'other.apps.test', authentication_assurance_level: '9' } }, 401, 'invalid_request', "Missing or invalid 'aud' claim in subject_token JWT"],
      ['aud of several clients', { claims: { aud: ['separate.apps.test', 'x'] } }, 401, 'invalid_request', "Missing or invalid 'aud' claim in subject_token JWT"],
      ['level that no product has', { claims: { authentication_assurance_level: '1' } }, 401, 'unauthorized_client', noGrant],
      ['level missing', { claims: { authentication_assurance_level: undefined } }, 401, 'unauthorized_client', noGrant],
    ];
    for (const [name, state, status, error, description] of rows)
      test(name, async () => {
        Object.assign(platform.provider.state, state);
        await assertError(platform, await request(), status, error, description);
      });

    test('refuses alg missing and none', async () => {
      const token = await platform.provider.idTokenFor(careWorker, 'separate.apps.test');
      const [, body = '', signature = ''] = token.split('.');
      const head = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
      const without = `${head({ typ: 'JWT', kid: 'provider-1' })}.${body}.${signature}`;
      await assertError(
        platform,
        await request({ token: without }),
        400,
        'invalid_request',
        "Missing 'alg' header in subject_token JWT",
      );
      const none = `${head({ typ: 'JWT', kid: 'provider-1', alg: 'none' })}.${body}.`;
      await assertError(
        platform,
        await request({ token: none }),
        401,
        'public_key error',
        'JWT signature verification failed',
      );
    });

    test('accepts RS512', async () => {
      platform.provider.state.algorithm = 'RS512';
      assert.equal((await request()).status, 200);
    });
  });

  describe('citizens and actors', () => {
    const person = { ...careWorker, claims: { identity_proofing_level: 'P9', nhs_number: '9912003071' } };
    const citizenRequest = async (act?: object, base = '/oauth2') => {
      const token = await platform.citizens.idTokenFor(
        person,
        'some-client',
        act === undefined ? {} : { act },
      );
      return request({ token, base });
    };
    /** A token of the actor, signed by their provider. */
    const actorOf = (claims: JwtClaims = {}, header: Record<string, unknown> = {}) =>
      platform.citizens.sign(
        {
          iss: platform.citizens.issuer,
          aud: 'x',
          exp: now + 300,
          sub: uuid(),
          nhs_number: '9912003072',
          ...claims,
        },
        header,
      );

    test('issues tokens for a citizen without an actor', async () => {
      const { body } = await citizenRequest();
      assert.equal(body.refresh_token_expires_in, '3599');
      const record = await platform.tokens.find(body.access_token);
      assert.equal(record?.scope, scopes.p9);
      assert.equal(record?.attributes.auth_user_id, '9912003071');
      assert.ok(!('alongside.role_ids' in (record?.attributes ?? {})));
    });

    const named: readonly (readonly [string, JwtClaims, string | undefined])[] = [
      ['no sub: the number is the person', { sub: undefined }, '9912003071'],
      ['an empty sub', { sub: '' }, '9912003071'],
      ['no number: sub is the person', { nhs_number: undefined }, careWorker.sub],
      ['neither', { sub: undefined, nhs_number: undefined }, undefined],
    ];
    for (const [name, claims, expected] of named)
      test(`names the user of a token with ${name}`, async () => {
        const token = await platform.citizens.idTokenFor(person, 'some-client', claims);
        const { status, body } = await request({ token });
        if (expected === undefined) return assert.deepEqual([status, body.error], [400, 'invalid_request']);
        assert.equal(status, 200);
        const record = await platform.tokens.find(body.access_token);
        assert.deepEqual([record?.uid, record?.attributes.auth_user_id], [expected, expected]);
        return undefined;
      });

    test('requires sub in a token of CIS2, also with an NHS number', async () => {
      const more = { sub: undefined, nhs_number: '9912003071' };
      const token = await platform.provider.idTokenFor(careWorker, 'separate.apps.test', more);
      assert.equal((await request({ token })).status, 400);
    });

    test('issues tokens with the attributes of an actor', async () => {
      const { status, body, text } = await citizenRequest({ sub: await actorOf() });
      assert.equal(status, 200, text);
      const { actor_user_id: actor, actor_delegated: delegated } =
        (await platform.tokens.find(body.access_token))?.attributes ?? {};
      assert.deepEqual({ actor, delegated }, { actor: '9912003072', delegated: 'true' });
    });

    // biome-ignore format: a table, one row a line
    const rows: [string, JwtClaims, Record<string, unknown>, number, string][] = [
      ['kid missing', { exp: undefined }, { kid: undefined }, 400, "Missing 'kid' header in act.sub JWT"],
      ['typ missing', { exp: undefined }, { typ: undefined }, 400, "Invalid 'typ' header in act.sub JWT - must be 'JWT'"],
      ['exp missing', { exp: undefined, iss: undefined }, {}, 400, "Missing 'exp' claim in act.sub JWT"],
      ['exp a text', { exp: 'x', iss: undefined }, {}, 400, "Invalid 'exp' claim in act.sub JWT - must be an integer"],
      ['iss missing', { iss: undefined, aud: undefined }, {}, 400, "Missing 'iss' claim in act.sub JWT"],
      ['aud missing', { aud: undefined, nhs_number: undefined }, {}, 400, "Missing 'aud' claim in act.sub JWT"],
      ['nhs_number missing', { nhs_number: undefined }, {}, 400, "Missing 'nhs_number' claim in act.sub JWT"],
      ['iss of another', { iss: 'https://other.test' }, {}, 401, "Missing or non-matching 'iss' claim in act.sub JWT"],
      ['kid unknown', {}, { kid: 'unknown' }, 401, "Invalid 'kid' header in act.sub JWT - no matching public key"],
      ['exp in the past', { exp: now - 1 }, {}, 400, "Invalid 'exp' claim in act.sub JWT - JWT has expired"],
    ];
    for (const [name, claims, header, status, description] of rows)
      test(`act.sub: ${name}`, async () => {
        const answer = await citizenRequest({ sub: await actorOf(claims, header) });
        await assertError(platform, answer, status, 'invalid_request', description);
      });

    test('refuses act.sub that is not a JWT', async () => {
      await assertError(
        platform,
        await citizenRequest({ sub: 'x' }),
        400,
        'invalid_request',
        'act.sub JWT is corrupt or unparseable',
      );
    });

    test('refuses a forged act.sub, which the mock accepts as published', async () => {
      const [head = '', body = ''] = (await actorOf()).split('.');
      const forged = `${head}.${body}.${'A'.repeat(342)}`;
      await assertError(
        platform,
        await citizenRequest({ sub: forged }),
        401,
        'public_key error',
        'JWT signature verification failed',
      );
      assert.equal((await citizenRequest({ sub: forged }, '/oauth2-mock')).status, 200);
    });
  });
});
