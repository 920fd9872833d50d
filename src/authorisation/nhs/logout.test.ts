import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import type { BasePath } from '../index.ts';
import { assertionOf, type ClientKey, newClientKey, withAssertion } from '../testing/assertions.ts';
import { assertError, codeOf, codeRequest, refreshRequest, tokensOf } from '../testing/journeys.ts';
import { api, noon, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker, type ProviderState } from '../testing/provider.ts';

const now = Math.floor(noon / 1_000);

describe('POST /backchannel_logout', () => {
  let platform: Platform;
  let signer: ClientKey;
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({ keys: [signer.jwk] });
  });
  after(() => platform.close());
  afterEach(() => platform.provider.reset());

  const logout = async (claims: JwtClaims = {}, header: Record<string, unknown> = {}, base = '/oauth2') =>
    platform.post(`${base}/backchannel_logout`, {
      logout_token: await platform.provider.logoutToken(claims, header),
    });
  /** A user with a separate session. */
  const another = () => {
    platform.provider.state.person = { ...careWorker, sid: uuid() };
    return String(platform.provider.state.person.sid);
  };
  const isLive = async (token = '') => {
    const record = await platform.tokens.find(token);
    return record !== undefined && platform.tokens.isLive(record);
  };

  test('revokes all tokens of the session at every base path of its provider', async () => {
    const sid = another();
    const first = await tokensOf(platform);
    const refreshed = (await platform.post('/oauth2/token', refreshRequest(first.refresh_token ?? ''))).body;
    const elsewhere = await tokensOf(platform, '/oauth2-mock');
    another();
    const stranger = await tokensOf(platform);
    const answer = await logout({ sid }, { typ: 'logout+jwt' });
    assert.deepEqual({ status: answer.status, body: answer.body }, { status: 200, body: { success: true } });
    for (const token of [
      first.access_token,
      refreshed.access_token,
      refreshed.refresh_token,
      elsewhere.access_token,
    ])
      assert.equal(await isLive(token), false);
    assert.equal(await isLive(stranger.access_token), true);
    const answered = await platform.get(
      '/oauth2/userinfo',
      {},
      { authorization: `Bearer ${first.access_token}` },
    );
    assert.equal(answered.status, 401);
    const renewed = await platform.post('/oauth2/token', refreshRequest(refreshed.refresh_token));
    await assertError(platform, renewed, 401, 'invalid_grant', 'refresh_token is invalid');
  });

  describe('errors of the logout token, each with a later error too', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, JwtClaims, Partial<ProviderState>, string, string][] = [
      ['kid unknown, aud wrong', { aud: 'x' }, { header: { kid: 'unknown' } }, 'bad_request', 'Unable to verify JWT'],
      ['signature forged', { aud: 'x' }, { forged: true }, 'bad_request', 'Unable to verify JWT'],
      ['signed by PS256', {}, { algorithm: 'PS256' }, 'bad_request', 'Unable to verify JWT'],
      ['typ of an access token', {}, { header: { typ: 'at+jwt' } }, 'bad_request', 'Unable to verify JWT'],
      ['exp in the past', { exp: now - 1 }, {}, 'bad_request', 'Unable to verify JWT'],
      ['aud wrong, iss too', { aud: 'x', iss: 'x' }, {}, 'invalid_request', 'Missing/invalid aud claim in JWT'],
      ['aud missing', { aud: undefined }, {}, 'invalid_request', 'Missing/invalid aud claim in JWT'],
      ['iss wrong, sid missing', { iss: 'x', sid: undefined }, {}, 'invalid_request', 'Missing/invalid iss claim in JWT'],
      ['iss missing', { iss: undefined }, {}, 'invalid_request', 'Missing/invalid iss claim in JWT'],
      ['sid missing, events too', { sid: undefined, events: undefined }, {}, 'invalid_request', 'Missing sid claim in JWT'],
      ['events missing, nonce there', { events: undefined, nonce: 'x' }, {}, 'invalid_request', 'Missing/invalid events claim in JWT'],
      ['events of another kind', { events: { other: {} } }, {}, 'invalid_request', 'Missing/invalid events claim in JWT'],
      ['events a text', { events: 'x' }, {}, 'invalid_request', 'Missing/invalid events claim in JWT'],
      ['nonce there', { nonce: 'x' }, {}, 'invalid_request', 'Prohibited nonce claim in JWT'],
    ];
    for (const [name, claims, state, error, description] of rows)
      test(name, async () => {
        Object.assign(platform.provider.state, state);
        await assertError(platform, await logout(claims, state.header), 400, error, description);
      });

    test('refuses malformed and missing tokens, and other content types', async () => {
      for (const form of [{ logout_token: 'x.y.z' }, {}] as Record<string, string>[])
        await assertError(
          platform,
          await platform.post('/oauth2/backchannel_logout', form),
          400,
          'invalid_request',
          'Malformed JWT in logout_token',
        );
      const json = await platform.call('/oauth2/backchannel_logout', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      });
      await assertError(platform, json, 400, 'invalid_request', 'Malformed JWT in logout_token');
    });

    test('refuses an ID token', async () => {
      const idToken = await platform.provider.idTokenFor(careWorker, 'platform.apps.test');
      const answer = await platform.post('/oauth2/backchannel_logout', { logout_token: idToken });
      await assertError(platform, answer, 400, 'invalid_request', 'Missing/invalid events claim in JWT');
    });
  });

  test('returns 501 for a session without live tokens', async () => {
    await assertError(platform, await logout({ sid: uuid() }), 501, 'not_implemented', 'SID not found');
  });

  test('accepts a token without exp, with the type JWT and RS512', async () => {
    const sid = another();
    await tokensOf(platform);
    platform.provider.state.algorithm = 'RS512';
    assert.equal((await logout({ sid })).status, 200);
  });

  test('refuses codes and ID tokens of the ended session', async () => {
    const sid = another();
    const code = await codeOf(platform);
    const idToken = await platform.provider.idTokenFor(platform.provider.state.person, 'separate.apps.test');
    await tokensOf(platform);
    assert.equal((await logout({ sid })).status, 200);
    await assertError(
      platform,
      await platform.post('/oauth2/token', codeRequest(code)),
      400,
      'invalid_grant',
      'authorization_code is invalid',
    );
    const exchange = async (base: string) => {
      const assertion = await assertionOf({
        id: 'separate',
        audience: `${api}${base}/token`,
        clock: platform.clock,
        signer,
      });
      return platform.post(`${base}/token`, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: idToken,
        ...withAssertion(assertion),
      });
    };
    await assertError(
      platform,
      await exchange('/oauth2'),
      400,
      'invalid_request',
      "Invalid 'sid' claim in subject_token JWT - session has ended",
    );
    assert.equal((await exchange('/oauth2-mock')).status, 200);
  });

  test('revokes exchanged tokens with their session', async () => {
    const sid = another();
    const assertion = await assertionOf({
      id: 'separate',
      audience: `${api}/oauth2/token`,
      clock: platform.clock,
      signer,
    });
    const { body } = await platform.post('/oauth2/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await platform.provider.idTokenFor(platform.provider.state.person, 'separate.apps.test'),
      ...withAssertion(assertion),
    });
    assert.equal((await logout({ sid })).status, 200);
    assert.equal(await isLive(body.access_token), false);
    assert.equal(await isLive(body.refresh_token), false);
  });
});

describe('POST /backchannel_logout from configured networks alone', () => {
  const start = (logoutSources: string[]) => startPlatform({ base: { options: { logoutSources } } });
  test('answers other networks like the published gateway and records the reason', async () => {
    const platform = await start(['192.0.2.0/24', '198.51.100.7']);
    const { status, body } = await platform.post('/oauth2/backchannel_logout', { logout_token: 'x' });
    assert.equal(status, 403);
    assert.deepEqual(body, {
      fault: {
        faultstring: 'Access Denied for client ip : 127.0.0.1',
        detail: { errorcode: 'accesscontrol.IPDeniedAccess' },
      },
    });
    const allowed = await platform.post(
      '/oauth2/backchannel_logout',
      { logout_token: 'x' },
      { 'x-forwarded-for': '192.0.2.9' },
    );
    await assertError(platform, allowed, 400, 'invalid_request', 'Malformed JWT in logout_token');
    await platform.close();
  });
});

describe('strict logout tokens (OpenID Connect Back-Channel Logout sections 2.4 and 2.6)', () => {
  const whole = (): JwtClaims => ({ iat: now, exp: now + 120, jti: uuid() });
  const typ = { typ: 'logout+jwt' };
  // biome-ignore format: a table, one row a line
  const rows: [string, JwtClaims, Record<string, unknown>, string][] = [
    ['exp is missing', { exp: undefined }, typ, 'Missing/invalid exp claim in JWT'],
    ['iat is missing', { iat: undefined }, typ, 'Missing/invalid iat claim in JWT'],
    ['iat is in the future', { iat: now + 60 }, typ, 'Missing/invalid iat claim in JWT'],
    ['jti is missing', { jti: undefined }, typ, 'Missing/invalid jti claim in JWT'],
    ['jti is not a string', { jti: 7 }, typ, 'Missing/invalid jti claim in JWT'],
    ['typ is JWT', {}, {}, 'Missing/invalid typ header in JWT'],
    ['typ is missing', {}, { typ: undefined }, 'Unable to verify JWT'],
    ['exp is in the past', { exp: now - 1 }, typ, 'Unable to verify JWT'],
    ['sid is missing', { sid: undefined }, typ, 'Missing sid claim in JWT'],
    ['events is missing', { events: undefined }, typ, 'Missing/invalid events claim in JWT'],
    ['nonce is present', { nonce: 'x' }, typ, 'Prohibited nonce claim in JWT'],
    ['aud is another client', { aud: 'x' }, typ, 'Missing/invalid aud claim in JWT'],
  ];
  const settings: [string, BasePath['options']][] = [
    ['/oauth2.1', {}],
    ['/oauth2', { strictLogoutTokens: true }],
  ];
  for (const [base, options] of settings)
    describe(`at ${base}${options?.strictLogoutTokens ? ' with strictLogoutTokens' : ''}`, () => {
      let platform: Platform;
      before(async () => {
        platform = await startPlatform({ base: { options } });
      });
      after(() => platform.close());
      const send = async (token: string) =>
        platform.post(`${base}/backchannel_logout`, { logout_token: token });
      const tokenWith = (claims: JwtClaims, header: Record<string, unknown> = typ) =>
        platform.provider.logoutToken({ ...whole(), ...claims }, header);

      for (const [name, claims, header, description] of rows)
        test(`are refused if ${name}`, async () => {
          const { status, body } = await send(await tokenWith(claims, header));
          assert.deepEqual([status, body.error_description], [400, description]);
        });

      test('refuse a replay', async () => {
        const sid = uuid();
        platform.provider.state.person = { ...careWorker, sid };
        const { access_token: access = '' } = await tokensOf(platform);
        const token = await tokenWith({ sid });
        assert.equal((await send(token)).status, 200);
        const record = await platform.tokens.find(access);
        assert.equal(record !== undefined && platform.tokens.isLive(record), false);
        const { status, body } = await send(token);
        assert.deepEqual([status, body.error_description], [400, 'Non-unique jti claim in JWT']);
      });
    });

  test('accepts an unknown session at /oauth2.1', async () => {
    const platform = await startPlatform();
    const token = await platform.provider.logoutToken({ ...whole(), sid: uuid() }, typ);
    assert.equal((await platform.post('/oauth2.1/backchannel_logout', { logout_token: token })).status, 200);
    await platform.close();
  });
});
