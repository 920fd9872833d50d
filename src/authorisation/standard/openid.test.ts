import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { decodeJwt, type JsonWebKey, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { sql } from '../../storage/database.ts';
import { scopes } from '../testing/applications.ts';
import { exchangeAt } from '../testing/assertions.ts';
import { assertError, throughBrowser, tokensOf as tokensAtOauth2 } from '../testing/journeys.ts';
import { api } from '../testing/platform.ts';
import { newProver } from '../testing/proofs.ts';
import { careWorker } from '../testing/provider.ts';
import { requestOf, type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const paths = [
  '/.well-known/oauth-authorization-server/oauth2.1',
  '/.well-known/openid-configuration/oauth2.1',
  '/oauth2.1/.well-known/oauth-authorization-server',
  '/oauth2.1/.well-known/openid-configuration',
];

describe('/oauth2.1 as an OpenID provider', () => {
  let client: StandardClient;
  const signedInAt = 1_780_000_000;
  before(async () => {
    client = await startStandardClient();
    signIn();
  });
  after(() => client.platform.close());
  afterEach(() => {
    client.platform.provider.reset();
    signIn();
  });
  const signIn = () => {
    client.platform.provider.state.claims = { auth_time: signedInAt };
  };
  const tokensFor = async (scope: string | undefined, change: Record<string, string> = {}, id = 'web') => {
    const request = requestOf(id, { scope, ...change });
    const { location } = await throughBrowser(client.platform, '/oauth2.1/authorize', request);
    const answer = await client.redeem(id, location?.searchParams.get('code') ?? `none: ${location}`);
    return answer.body as Record<string, string>;
  };
  const claimsOf = ({ id_token: token }: Record<string, string>) => decodeJwt(token ?? '')?.claims ?? {};
  const userinfo = (token: string | undefined, headers: Record<string, string> = {}) =>
    client.platform.get('/oauth2.1/userinfo', {}, { authorization: `Bearer ${token}`, ...headers });

  describe('metadata', () => {
    test('is one document at four addresses, which every page may read', async () => {
      const [first, ...others] = await Promise.all(
        paths.map((path) =>
          client.platform.get(path, {}, { origin: 'https://any.test.example' }).then((answer) => {
            assert.equal(answer.status, 200, path);
            assert.equal(answer.headers.get('access-control-allow-origin'), '*');
            return answer.text;
          }),
        ),
      );
      for (const other of others) assert.equal(other, first);
      const preflight = await client.platform.call(paths[3] ?? '', { method: 'OPTIONS' });
      assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, '*']);
    });
    test('names the scopes of OpenID and of the products', async () => {
      const { scopes_supported: offered } = (await client.platform.get(paths[3] ?? '')).body;
      const expected = ['openid', 'profile', 'email', 'nationalrbacaccess', 'offline_access'];
      assert.deepEqual(offered.toSorted(), [...expected, ...Object.values(scopes)].sort());
    });
  });

  describe('scope', () => {
    for (const [asked, granted] of [
      ['openid', ['openid', scopes.aal3]],
      ['openid profile email', ['openid', 'profile', 'email', scopes.aal3]],
      ['email openid offline_access', ['openid', 'email', 'offline_access', scopes.aal3]],
      ['openid address phone nhsperson', ['openid', scopes.aal3]],
      [`openid ${scopes.aal3}`, ['openid', scopes.aal3]],
      [`${scopes.aal3} profile`, [scopes.aal3]],
      [undefined, [scopes.aal3]],
    ] as const)
      test(`grants ${granted.join(' ')} for ${asked ?? 'no scope'}`, async () => {
        const { scope, id_token: idToken } = await tokensFor(asked);
        assert.equal(scope, granted.join(' '));
        assert.equal(idToken !== undefined, scope.startsWith('openid'));
      });
    test('grants the named API alone', async () => {
      const two = `${scopes.aal3} ${scopes.aal3.replace('records', 'letters')}`;
      await client.platform.products.save({
        name: 'letters',
        apis: ['letters', 'oauth2.1'],
        scopes: [two.split(' ')[1] ?? ''],
        limits: null,
      });
      const stored = await client.platform.applications.get('web');
      assert.ok(stored?.platform);
      const { revision, ...application } = stored;
      const products = [...stored.platform.products, { name: 'letters', status: 'approved' } as const];
      await client.platform.applications.replace(
        { ...application, platform: { ...stored.platform, products } },
        revision,
      );
      assert.equal((await tokensFor(`openid ${scopes.aal3}`)).scope, `openid ${scopes.aal3}`);
      assert.equal((await tokensFor('openid')).scope?.split(' ').length, 3);
      await client.platform.applications.replace(application, revision + 1);
    });
    test('signs a user in whose level has no API, where the request names none', async () => {
      client.platform.provider.state.person = {
        ...careWorker,
        claims: { ...careWorker.claims, authentication_assurance_level: '1' },
      };
      assert.equal((await tokensFor('openid')).scope, 'openid');
      const request = requestOf('web', { scope: `openid ${scopes.aal3}` });
      const { location } = await throughBrowser(client.platform, '/oauth2.1/authorize', request);
      assert.equal(location?.searchParams.get('error'), 'invalid_scope');
    });
    test('asks CIS2 for more claims only where they were requested', async () => {
      const sent = async (scope: string) =>
        (
          await client.platform.get('/oauth2.1/authorize', requestOf('web', { scope }))
        ).location?.searchParams.get('scope');
      assert.equal(await sent('openid'), 'openid nationalrbacaccess');
      assert.equal(await sent(scopes.aal3), 'openid nationalrbacaccess');
      assert.equal(await sent('openid profile email'), 'openid nationalrbacaccess profile email');
    });
  });

  describe('ID token', () => {
    test('has the claims of the sign-in and no others', async () => {
      const tokens = await tokensFor('openid profile email nationalrbacaccess', { nonce: 'n-1' });
      const now = seconds(client.platform.clock);
      const hash = createHash('sha256')
        .update(tokens.access_token ?? '')
        .digest()
        .subarray(0, 16);
      assert.deepEqual(claimsOf(tokens), {
        iss: standardIssuer,
        sub: careWorker.sub,
        aud: 'key-of-web',
        exp: now + 3_600,
        iat: now,
        auth_time: signedInAt,
        nonce: 'n-1',
        at_hash: hash.toString('base64url'),
        acr: 'AAL3_ANY',
        amr: ['N3_SMARTCARD'],
        sid: careWorker.sid,
      });
    });
    test('is signed by RS256, and by PS256 in the fapi2 profile', async () => {
      const prover = await newProver(client.platform.clock);
      const { body } = await client.platform.post(
        '/oauth2.1/par',
        { ...requestOf('strict', { scope: 'openid' }), ...(await client.credentials('strict')) },
        await prover.header({ htu: `${standardIssuer}/par` }),
      );
      const pushed = { client_id: 'key-of-strict', request_uri: body.request_uri };
      const back = await throughBrowser(client.platform, '/oauth2.1/authorize', pushed);
      const code = back.location?.searchParams.get('code') ?? '';
      const strict = await client.redeem('strict', code, {}, await prover.header());
      for (const [tokens, algorithm] of [
        [await tokensFor('openid'), 'RS256'],
        [strict.body, 'PS256'],
      ] as const) {
        const jwt = decodeJwt(tokens.id_token ?? '');
        assert.deepEqual([jwt?.header.alg, jwt?.header.typ], [algorithm, 'JWT']);
        const { keys } = (await client.platform.get('/oauth2.1/jwks')).body as { keys: JsonWebKey[] };
        const key = publicKeyOf(keys.find(({ kid }) => kid === jwt?.header.kid));
        assert.ok(jwt && key && (await verifySignature(jwt, algorithm, key)));
      }
    });
    test('comes again with a refresh, without the nonce', async () => {
      const first = await tokensFor('openid', { nonce: 'n-2' });
      const { body, status } = await client.refresh('web', first.refresh_token ?? '');
      assert.equal(status, 200);
      const { nonce, iat, exp, at_hash: before, ...same } = claimsOf(first);
      const { iat: __, exp: ___, at_hash: after, ...again } = claimsOf(body);
      assert.equal(nonce, 'n-2');
      assert.deepEqual(again, same);
      assert.notEqual(after, before);
      assert.ok(iat && exp);
      const repeated = await client.refresh('web', first.refresh_token ?? '');
      assert.deepEqual(
        [repeated.body.access_token, typeof repeated.body.id_token],
        [body.access_token, 'string'],
      );
    });
    test('is left out of a refresh for less than openid', async () => {
      const { refresh_token: token = '' } = await tokensFor('openid');
      const { body } = await client.refresh('web', token, { scope: scopes.aal3 });
      assert.deepEqual([body.scope, body.id_token], [scopes.aal3, undefined]);
    });
    test('differs from a JWT access token in type and audience', async () => {
      const stored = await client.platform.applications.get('web');
      assert.ok(stored?.platform);
      const { revision, ...application } = stored;
      const accessToken = { format: 'jwt', signingAlg: 'RS256' } as const;
      await client.platform.applications.replace(
        { ...application, platform: { ...stored.platform, accessToken } },
        revision,
      );
      const tokens = await tokensFor('openid');
      const [access, id] = [tokens.access_token, tokens.id_token].map((token) => decodeJwt(token ?? ''));
      assert.deepEqual([access?.header.typ, id?.header.typ], ['at+jwt', 'JWT']);
      assert.deepEqual([access?.claims.aud, id?.claims.aud], [api, 'key-of-web']);
      assert.ok(access && !('nonce' in access.claims) && !('at_hash' in access.claims));
      await client.platform.applications.replace(application, revision + 1);
    });
    test('is no subject token at /oauth2 or /oauth2.1', async () => {
      const { id_token: token = '' } = await tokensFor('openid');
      const order = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        ...(await client.credentials('web')),
      };
      const own = await client.platform.post('/oauth2.1/token', order);
      assert.deepEqual([own.status, own.body.error], [400, 'invalid_request']);
      const exchange = exchangeAt(client.platform, client.signer);
      await assertError(
        client.platform,
        await exchange({ token }),
        400,
        'invalid_request',
        "Missing or non-matching 'iss' claim in subject_token JWT",
      );
    });
  });

  describe('userinfo', () => {
    const whole = {
      sub: careWorker.sub,
      name: 'Test Person',
      family_name: 'Person',
      given_name: 'Test',
      uid: careWorker.sub,
      email: 'test@example.test',
      nhsid_useruid: careWorker.sub,
      nhsid_nrbac_roles: [{ person_roleid: '555254242103' }],
      nhsid_user_orgs: [],
    };
    const answered = async (scope: string) => {
      client.platform.provider.state.userinfoAnswer = { status: 200, body: whole };
      const { status, body } = await userinfo((await tokensFor(scope)).access_token);
      assert.equal(status, 200);
      return Object.keys(body).sort();
    };
    test('has the claims of the scopes', async () => {
      assert.deepEqual(await answered('openid'), ['sub']);
      assert.deepEqual(await answered('openid email'), ['email', 'sub']);
      assert.deepEqual(await answered('openid profile'), ['family_name', 'given_name', 'name', 'sub', 'uid']);
      assert.deepEqual(await answered('openid nationalrbacaccess'), [
        'name',
        'nhsid_nrbac_roles',
        'nhsid_useruid',
        'sub',
      ]);
    });
    test('takes the token from the form of a POST', async () => {
      const { access_token: token = '' } = await tokensFor('openid');
      const { status, body } = await client.platform.post('/oauth2.1/userinfo', { access_token: token });
      assert.deepEqual([status, body], [200, { sub: careWorker.sub }]);
    });
    for (const [name, token, status, challenge] of [
      ['no token', async () => undefined, 401, /^Bearer realm="oauth2.1", error="invalid_token"/],
      [
        'a token without openid',
        async () => (await tokensFor(scopes.aal3)).access_token,
        403,
        /insufficient_scope/,
      ],
      [
        'a token of /oauth2',
        async () => (await tokensAtOauth2(client.platform)).access_token,
        401,
        /invalid_token/,
      ],
      ['an ID token', async () => (await tokensFor('openid')).id_token, 401, /invalid_token/],
      ['a refresh token', async () => (await tokensFor('openid')).refresh_token, 401, /invalid_token/],
    ] as const)
      test(`refuses ${name}`, async () => {
        const answer = await userinfo(await token());
        assert.equal(answer.status, status);
        assert.match(answer.headers.get('www-authenticate') ?? '', challenge);
      });
    test('names no error to a request without authentication', async () => {
      const { status, headers, body } = await client.platform.get('/oauth2.1/userinfo');
      assert.deepEqual([status, headers.get('www-authenticate')], [401, 'Bearer realm="oauth2.1"']);
      assert.equal(body.error, undefined);
    });
    test('requires the proof of a bound token', async () => {
      const prover = await newProver(client.platform.clock);
      const code = await client.codeOf('web', 'openid');
      const { access_token: token } = (await client.redeem('web', code, {}, await prover.header())).body;
      assert.match((await userinfo(token)).headers.get('www-authenticate') ?? '', /^DPoP algs=/);
      const call = async (claims: Record<string, unknown>, by = prover) => {
        const proof = { htm: 'GET', htu: `${standardIssuer}/userinfo`, ...claims };
        const headers = { authorization: `DPoP ${token}`, ...(await by.header(proof)) };
        return (await client.platform.get('/oauth2.1/userinfo', {}, headers)).status;
      };
      assert.equal(await call({ ath: sha256(token) }), 200);
      assert.equal(await call({ ath: sha256('another') }), 401);
      assert.equal(await call({ ath: sha256(token) }, await newProver(client.platform.clock)), 401);
      assert.equal(
        (await client.platform.get('/oauth2.1/userinfo', {}, { authorization: `DPoP ${token}` })).status,
        401,
      );
    });
    test('refuses the token of an application that was revoked since', async () => {
      const { access_token: token } = await tokensFor('openid');
      const stored = await client.platform.applications.get('web');
      assert.ok(stored);
      const { revision, ...application } = stored;
      await client.platform.applications.replace({ ...application, status: 'revoked' }, revision);
      assert.equal((await userinfo(token)).status, 401);
      await client.platform.applications.replace(application, revision + 1);
      assert.equal((await userinfo(token)).status, 200);
    });
  });

  describe('the end of a session', () => {
    const queued = async () =>
      (
        await client.platform.database.all(
          sql("SELECT body FROM outbox WHERE topic = 'authorisation.logout'"),
        )
      ).map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>);
    test('queues one logout token for each application with ID tokens of the session', async () => {
      const stored = await client.platform.applications.get('web');
      assert.ok(stored?.platform);
      const { revision, ...application } = stored;
      const platform = { ...stored.platform, backchannelLogoutUri: 'https://web.test/logout' };
      await client.platform.applications.replace({ ...application, platform }, revision);
      client.platform.provider.state.person = { ...careWorker, sid: 'without-openid' };
      await tokensFor(scopes.aal3);
      const end = async (sid: string) => {
        const exp = seconds(client.platform.clock) + 60;
        const token = await client.platform.provider.logoutToken({ sid, exp }, { typ: 'logout+jwt' });
        return client.platform.post('/oauth2.1/backchannel_logout', { logout_token: token });
      };
      assert.equal((await end('without-openid')).status, 200);
      assert.deepEqual(await queued(), []);

      client.platform.provider.state.person = { ...careWorker, sid: 'with-openid' };
      await tokensFor('openid');
      const { access_token: token } = await tokensFor('openid');
      assert.equal((await end('with-openid')).status, 200);
      assert.equal((await end('with-openid')).status, 200);
      assert.deepEqual(
        (await queued()).map(({ issuer, clientId, sid, uid, address }) => [
          issuer,
          clientId,
          sid,
          uid,
          address,
        ]),
        [[standardIssuer, 'key-of-web', 'with-openid', careWorker.sub, 'https://web.test/logout']],
      );
      assert.equal((await userinfo(token)).status, 401);
      await client.platform.applications.replace(application, revision + 1);
    });
  });
});
