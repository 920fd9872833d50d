import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { decodeJwt, type JwtClaims, signJwt } from '@alongside/kernel/jws';
import { sql } from '../../storage/database.ts';
import { applicationOf, cis2HalfOf, scopes, secretOf } from '../testing/applications.ts';
import { newClientKey } from '../testing/assertions.ts';
import { assertError } from '../testing/journeys.ts';
import { api, type Platform, type Reply } from '../testing/platform.ts';
import { newProver } from '../testing/proofs.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const urn = 'urn:ietf:params:oauth:token-type:';
const types = { id: `${urn}id_token`, access: `${urn}access_token`, jwt: `${urn}jwt` };
const invalidSubject = 'The subject token is not valid.';

let client: StandardClient;
let platform: Platform;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
  const standard = { profile: 'standard' } as const;
  for (const application of [
    applicationOf('own', { ...standard }, cis2HalfOf('own')),
    applicationOf('jwt', { ...standard, accessToken: { format: 'jwt', signingAlg: 'ES256' } }),
    applicationOf('delegating', { ...standard, attributes: { 'may-act': 'key-of-server' } }),
    applicationOf('server', {
      ...standard,
      attributes: { 'resource-server': 'true', resources: `${api}/records` },
    }),
    applicationOf('second', { ...standard, attributes: { 'resource-server': 'true' } }),
    applicationOf('narrow', {
      ...standard,
      products: [{ name: 'records-aal2', status: 'approved' }],
      attributes: { 'id-token-audiences': 'client-at-cis2' },
    }),
  ])
    await platform.applications.add(application);
});
after(() => platform.close());

type Form = Record<string, string>;
const exchange = (form: Form, id = 'web', headers: Form = {}): Promise<Reply> =>
  platform.post(
    '/oauth2.1/token',
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: `key-of-${id}`,
      client_secret: secretOf(id),
      ...form,
    },
    headers,
  );
const idTokenOf = (claims: JwtClaims = {}) =>
  platform.provider.idTokenFor(careWorker, 'client-at-cis2', claims);
const withIdToken = async (claims: JwtClaims = {}, more: Form = {}, id = 'web') =>
  exchange({ subject_token: await idTokenOf(claims), subject_token_type: types.id, ...more }, id);
const attributesOf = async (token: string) => (await platform.tokens.find(token))?.attributes ?? {};
/** Returns a user's access token of one application. */
const accessTokenOf = async (id: string): Promise<string> => (await client.tokensOf(id)).access_token;
const ownToken = async (id: string): Promise<string> => {
  const form = { grant_type: 'client_credentials', client_id: `key-of-${id}`, client_secret: secretOf(id) };
  return (await platform.post('/oauth2.1/token', form)).body.access_token;
};
const withAccess = (token: string, more: Form = {}, id = 'web', headers: Form = {}) =>
  exchange({ subject_token: token, subject_token_type: types.access, ...more }, id, headers);

describe('token exchange: an ID token of a provider (RFC 8693)', () => {
  test('issues tokens for the ID token of a sign-in', async () => {
    const { status, body } = await withIdToken();
    assert.equal(status, 200);
    const { access_token: token, refresh_token: refresh, ...rest } = body;
    assert.deepEqual(rest, {
      issued_token_type: types.access,
      token_type: 'Bearer',
      expires_in: 599,
      scope: scopes.aal3,
      refresh_token_expires_in: 43_199,
    });
    const attributes = await attributesOf(token);
    assert.equal(attributes.auth_grant_type, 'token_exchange');
    assert.equal(attributes.auth_user_id, careWorker.sub);
    assert.equal((await client.refresh('web', refresh)).status, 200);
  });
  test('issues a JWT on request', async () => {
    const { body } = await withIdToken({}, { requested_token_type: types.jwt });
    assert.equal(body.issued_token_type, types.jwt);
    const jwt = decodeJwt(body.access_token);
    assert.equal(jwt?.header.typ, 'at+jwt');
    assert.equal(jwt?.claims.sub, careWorker.sub);
  });
  test('finds the provider of a JWT by its iss', async () => {
    const form = { subject_token: await idTokenOf(), subject_token_type: types.jwt };
    assert.equal((await exchange(form)).status, 200);
  });
  test('makes resource and audience the audience of the token', async () => {
    const { body } = await withIdToken({}, { resource: `${api}/records`, audience: 'oauth2' });
    assert.equal((await attributesOf(body.access_token)).aud, `${api}/records ${api}/oauth2`);
    const unknown = await withIdToken({}, { audience: 'nobody' });
    assert.deepEqual([unknown.status, unknown.body.error], [400, 'invalid_target']);
  });
  test('binds the token to the proven key', async () => {
    const prover = await newProver(platform.clock);
    const form = { subject_token: await idTokenOf(), subject_token_type: types.id };
    const { body } = await exchange(form, 'web', await prover.header());
    assert.equal(body.token_type, 'DPoP');
  });
  test('issues no token that outlives the ID token', async () => {
    const { body } = await withIdToken({ exp: seconds(platform.clock) + 100 });
    assert.equal(body.expires_in, 99);
  });
  test('issues no token of a session that the provider has ended', async () => {
    const sid = 'session-that-ends';
    const { body } = await withIdToken({ sid });
    const logout = await platform.provider.logoutToken({ sid });
    assert.equal((await platform.post('/oauth2/backchannel_logout', { logout_token: logout })).status, 200);
    assert.notEqual((await platform.tokens.find(body.access_token))?.revokedAt, null);
    await assertError(platform, await withIdToken({ sid }), 400, 'invalid_request', invalidSubject);
  });

  const now = () => seconds(platform.clock);
  // biome-ignore format: a table, one row a line
  const rows: [string, () => JwtClaims][] = [
    ['iss of nobody', () => ({ iss: 'https://evil.test' })],
    ['no iss', () => ({ iss: undefined })],
    ['exp in the past', () => ({ exp: now() })],
    ['no exp', () => ({ exp: undefined })],
    ['no aud', () => ({ aud: undefined })],
    ['no sub', () => ({ sub: undefined })],
    ['events: a logout token', () => ({ events: {} })],
    ['no level of assurance', () => ({ authentication_assurance_level: undefined })],
  ];
  for (const [name, claims] of rows)
    test(`refuses ${name}`, async () =>
      assertError(platform, await withIdToken(claims()), 400, 'invalid_request', invalidSubject));

  test('refuses a bad signature, an unknown kid and another typ', async () => {
    const [header = '', body = '', signature = ''] = (await idTokenOf()).split('.');
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const unknown = await platform.provider.sign({ iss: platform.provider.issuer }, { kid: 'nobody' });
    const other = await platform.provider.sign(
      {
        iss: platform.provider.issuer,
        sub: '1',
        aud: 'x',
        exp: now() + 60,
        authentication_assurance_level: '3',
      },
      { typ: 'at+jwt' },
    );
    for (const token of [`${header}.${body}.${flipped}`, unknown, other, 'x', `${header}.${body}.`]) {
      const answer = await exchange({ subject_token: token, subject_token_type: types.id });
      await assertError(platform, answer, 400, 'invalid_request', invalidSubject);
    }
  });
  test('accepts PS256 as well as the two published algorithms', async () => {
    platform.provider.state.algorithm = 'PS256';
    const token = await idTokenOf();
    platform.provider.reset();
    assert.equal((await exchange({ subject_token: token, subject_token_type: types.id })).status, 200);
  });
  test('refuses a request without a scope of that level', async () => {
    assert.equal((await withIdToken({}, {}, 'narrow')).body.error, 'invalid_scope');
    assert.equal((await withIdToken({}, { scope: scopes.aal2 })).body.error, 'invalid_scope');
    assert.equal((await withIdToken({}, { scope: scopes.aal3 })).body.scope, scopes.aal3);
  });
});

describe('token exchange: malformed requests', () => {
  const missing = 'A token or its type is missing.';
  const type = 'A type of token is not supported.';
  // biome-ignore format: a table, one row a line
  const rows: [string, Form, string][] = [
    ['no subject_token', { subject_token: '' }, missing],
    ['no subject_token_type', { subject_token_type: '' }, missing],
    ['another subject_token_type', { subject_token_type: `${urn}saml2` }, type],
    ['a refresh token as subject', { subject_token_type: `${urn}refresh_token` }, type],
    ['another requested_token_type', { requested_token_type: `${urn}refresh_token` }, type],
    ['actor_token without its type', { actor_token: 'x' }, missing],
    ['actor_token_type without its token', { actor_token_type: types.access }, missing],
    ['an actor token that is none', { actor_token: 'x', actor_token_type: types.access }, 'The actor token is not valid.'],
  ];
  for (const [name, change, description] of rows)
    test(`get ${name}`, async () =>
      assertError(platform, await withIdToken({}, change), 400, 'invalid_request', description));
  test('refuse a public client', async () => {
    const answer = await platform.post('/oauth2.1/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'key-of-native',
      subject_token: await idTokenOf(),
      subject_token_type: types.id,
    });
    assert.deepEqual([answer.status, answer.body.error], [400, 'unauthorized_client']);
  });
});

describe('token exchange: an access token of the platform', () => {
  test('narrows a token of the application without an actor', async () => {
    const { body, status, text } = await withAccess(await accessTokenOf('web'), {
      resource: `${api}/records`,
    });
    assert.equal(status, 200, text);
    assert.equal(body.refresh_token, undefined);
    const attributes = await attributesOf(body.access_token);
    assert.deepEqual([attributes.aud, attributes.act], [`${api}/records`, undefined]);
  });
  test('makes a resource server the actor, in the JWT and in introspection', async () => {
    const token = await accessTokenOf('web');
    const { body } = await withAccess(token, { requested_token_type: types.jwt }, 'server');
    const act = { sub: 'key-of-server', iss: standardIssuer };
    assert.deepEqual(decodeJwt(body.access_token)?.claims.act, act);
    const told = await platform.post('/oauth2.1/introspect', {
      token: body.access_token,
      client_id: 'key-of-server',
      client_secret: secretOf('server'),
    });
    assert.deepEqual(told.body.act, act);
    assert.equal(told.body.sub, careWorker.sub);
  });
  test('nests the first actor in the second', async () => {
    const first = await withAccess(await accessTokenOf('web'), {}, 'server');
    const second = await withAccess(first.body.access_token, {}, 'second');
    assert.deepEqual(JSON.parse((await attributesOf(second.body.access_token)).act ?? ''), {
      sub: 'key-of-second',
      iss: standardIssuer,
      act: { sub: 'key-of-server', iss: standardIssuer },
    });
  });
  test('refuses more than five actors', async () => {
    let token = await accessTokenOf('web');
    const statuses: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const { status, body } = await withAccess(token, {}, turn % 2 === 0 ? 'server' : 'second');
      statuses.push(status);
      token = body.access_token ?? token;
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 400]);
  });
  test('revokes the new token with the exchanged one', async () => {
    const { access_token: token, refresh_token: refresh } = await client.tokensOf('web');
    const { body } = await withAccess(token, {}, 'server');
    await platform.post('/oauth2.1/revoke', {
      token: refresh,
      client_id: 'key-of-web',
      client_secret: secretOf('web'),
    });
    assert.notEqual((await platform.tokens.find(body.access_token))?.revokedAt, null);
    await assertError(platform, await withAccess(token), 400, 'invalid_request', invalidSubject);
  });
  test('issues no more scope, time or resources', async () => {
    const token = await accessTokenOf('web');
    platform.clock.advance(500);
    const later = await withAccess(token);
    assert.equal(later.body.expires_in, 99);
    assert.equal((await withAccess(token, { scope: scopes.application })).body.error, 'invalid_scope');
    const narrow = await withAccess(token, { resource: `${api}/records` });
    const wider = await withAccess(narrow.body.access_token, { resource: `${api}/oauth2` });
    assert.equal(wider.body.error, 'invalid_target');
  });
  test('refuses an application that is neither the client nor a resource server of the token', async () => {
    await assertError(
      platform,
      await withAccess(await accessTokenOf('web'), {}, 'narrow'),
      400,
      'invalid_request',
      invalidSubject,
    );
    const elsewhere = await withAccess(await accessTokenOf('web'), { resource: `${api}/oauth2` });
    await assertError(
      platform,
      await withAccess(elsewhere.body.access_token, {}, 'server'),
      400,
      'invalid_request',
      invalidSubject,
    );
  });
  test('requires the key of a bound token', async () => {
    const prover = await newProver(platform.clock);
    const { body } = await client.redeem('web', await client.codeOf('web'), {}, await prover.header());
    assert.equal((await withAccess(body.access_token)).body.error_description, invalidSubject);
    assert.equal((await withAccess(body.access_token, {}, 'web', await prover.header())).status, 200);
  });
  test('refuses a refresh token, and a token of another base path or a revoked application', async () => {
    const { refresh_token: refresh } = await client.tokensOf('web');
    assert.equal((await withAccess(refresh)).body.error_description, invalidSubject);
    const token = await accessTokenOf('jwt');
    const stored = await platform.applications.get('jwt');
    assert.ok(stored);
    await platform.applications.replace({ ...stored, status: 'revoked' }, stored.revision);
    assert.equal((await withAccess(token, {}, 'server')).body.error_description, invalidSubject);
    await platform.applications.replace({ ...stored, status: 'approved' }, stored.revision + 1);
    assert.equal(
      (await exchange({ subject_token: token, subject_token_type: types.jwt }, 'server')).status,
      200,
    );
  });
  test('refuses a token of a client id that its application no longer has', async () => {
    const application = applicationOf('halved', { profile: 'standard' }, cis2HalfOf('halved'));
    await platform.applications.add(application);
    const token = await accessTokenOf('halved');
    assert.equal((await withAccess(token, {}, 'server')).status, 200);
    const renamed = application.platform && { ...application.platform, clientId: 'new-key' };
    for (const [at, half] of [null, renamed].entries()) {
      await platform.applications.replace({ ...application, platform: half }, at + 1);
      assert.equal((await withAccess(token, {}, 'server')).body.error_description, invalidSubject);
    }
  });

  test('issues nothing for a token that is revoked at the same time', async () => {
    const { access_token: token = '', refresh_token: refresh = '' } = await client.tokensOf('web');
    const family = (await platform.tokens.find(token))?.family ?? '';
    const { database } = platform;
    const { batch } = database;
    database.batch = async (statements) => {
      database.batch = batch;
      await platform.tokens.revokeFamily(family, sql('SELECT 1'));
      return batch.call(database, statements);
    };
    const answer = await withAccess(token);
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
    assert.equal((await client.refresh('web', refresh)).status, 400);
    const left = await database.all(
      sql('SELECT id FROM token_grant WHERE family = ? AND revoked_at IS NULL', family),
    );
    assert.deepEqual(left, []);
  });
});

describe('token exchange: actors (RFC 8693 section 4.4)', () => {
  const refusedActor = 'The actor may not act for the subject.';
  const actingAs = async (id: string): Promise<Form> => ({
    actor_token: await ownToken(id),
    actor_token_type: types.access,
  });

  test('accepts the actor of may_act, and keeps may_act in the new token', async () => {
    const token = await accessTokenOf('delegating');
    assert.deepEqual(JSON.parse((await attributesOf(token)).may_act ?? ''), { sub: 'key-of-server' });
    const { body, status } = await withAccess(token, await actingAs('server'), 'server');
    assert.equal(status, 200);
    const { act, may_act: may } = await attributesOf(body.access_token);
    assert.deepEqual(JSON.parse(act ?? ''), { sub: 'key-of-server', iss: standardIssuer });
    assert.deepEqual(JSON.parse(may ?? ''), { sub: 'key-of-server' });
  });
  test('refuses any other actor, with and without an actor token', async () => {
    const token = await accessTokenOf('delegating');
    for (const more of [await actingAs('second'), {} as Form])
      await assertError(
        platform,
        await withAccess(token, more, 'second'),
        400,
        'invalid_request',
        refusedActor,
      );
  });
  test('requires the key of a bound actor token', async () => {
    const prover = await newProver(platform.clock);
    const form = {
      grant_type: 'client_credentials',
      client_id: 'key-of-server',
      client_secret: secretOf('server'),
    };
    const bound = (await platform.post('/oauth2.1/token', form, await prover.header())).body.access_token;
    const token = await accessTokenOf('delegating');
    const more = { actor_token: bound, actor_token_type: types.access };
    const stolen = await withAccess(token, more, 'server');
    await assertError(platform, stolen, 400, 'invalid_request', 'The actor token is not valid.');
    assert.equal((await withAccess(token, more, 'server', await prover.header())).status, 200);
  });
  test('accepts a user whom may_act of an ID token names', async () => {
    const colleague = { ...careWorker, sub: '656005750105' };
    const actor = await platform.provider.idTokenFor(colleague, 'client-at-cis2');
    const named = { may_act: { sub: colleague.sub, iss: platform.provider.issuer } };
    const more = { actor_token: actor, actor_token_type: types.id };
    const { body, status, text } = await withIdToken(named, more);
    assert.equal(status, 200, text);
    assert.deepEqual(JSON.parse((await attributesOf(body.access_token)).act ?? ''), {
      sub: colleague.sub,
      iss: platform.provider.issuer,
    });
    assert.equal(body.refresh_token, undefined);
    const another = { may_act: { sub: colleague.sub, iss: 'https://others.test' } };
    for (const claims of [another, {}, { may_act: {} }])
      await assertError(platform, await withIdToken(claims, more), 400, 'invalid_request', refusedActor);
  });
  test('verifies the token of a relative who acts at the provider for citizens', async () => {
    const citizen = (number: string, more: JwtClaims = {}) => {
      const person = { sub: number, sid: undefined, roles: [], claims: { nhs_number: number } };
      return platform.citizens.idTokenFor(person, 'x', { identity_proofing_level: 'P9', ...more });
    };
    const exchangeFor = async (actor: string) =>
      exchange({
        subject_token: await citizen('9912003071', { act: { sub: actor } }),
        subject_token_type: types.id,
      });
    const { body, status, text } = await exchangeFor(await citizen('9912003072'));
    assert.equal(status, 200, text);
    const stored = await platform.tokens.find(body.access_token);
    assert.deepEqual(JSON.parse(stored?.attributes.act ?? ''), {
      sub: '9912003072',
      iss: platform.citizens.issuer,
    });
    const [header = '', claims = '', signature = ''] = (await citizen('9912003072')).split('.');
    const forged = `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const actor of [forged, await idTokenOf(), await citizen('9912003072', { exp: 1 })])
      await assertError(platform, await exchangeFor(actor), 400, 'invalid_request', invalidSubject);
  });
  test('lets an application act only for itself without may_act', async () => {
    assert.equal((await withIdToken({}, await actingAs('web'))).status, 200);
    await assertError(
      platform,
      await withIdToken({}, await actingAs('server')),
      400,
      'invalid_request',
      refusedActor,
    );
  });
});

describe('an ID token that was issued to another application', () => {
  const at = { own: 'own.apps.test', other: 'another.apps.test' };
  const exchangeBy = async (id: string, aud: string | string[], claims: JwtClaims = {}) =>
    withIdToken({ aud, ...claims }, {}, id);

  // biome-ignore format: a table, one row a line
  const accepted: [string, string, string | string[], JwtClaims][] = [
    ['aud is its own client at CIS2', 'own', at.own, {}],
    ['azp is its own client at CIS2', 'own', [at.own, at.other], { azp: at.own }],
    ['aud is a client that its registration names', 'web', 'client-at-cis2', {}],
  ];
  for (const [name, id, aud, claims] of accepted)
    test(`is exchanged if ${name}`, async () => {
      assert.equal((await exchangeBy(id, aud, claims)).status, 200);
    });

  // biome-ignore format: a table, one row a line
  const refused: [string, string, string | string[], JwtClaims][] = [
    ['aud is another client', 'own', at.other, {}],
    ['aud has several members and azp is another client', 'own', [at.own, at.other], { azp: at.other }],
    ['aud is the platform', 'own', 'platform.apps.test', {}],
    ['the application has no client at CIS2', 'second', at.own, {}],
    ['may_act names another application', 'own', at.other, { may_act: { client_id: 'key-of-web' } }],
  ];
  for (const [name, id, aud, claims] of refused)
    test(`is refused if ${name}`, async () => {
      await assertError(platform, await exchangeBy(id, aud, claims), 400, 'invalid_request', invalidSubject);
    });

  test('is exchanged by an application of its may_act, which becomes the actor', async () => {
    const { body, status, text } = await exchangeBy('own', at.other, {
      may_act: { client_id: 'key-of-own' },
    });
    assert.equal(status, 200, text);
    const { act } = await attributesOf(body.access_token);
    assert.deepEqual(JSON.parse(act ?? ''), { sub: 'key-of-own', iss: standardIssuer });
    assert.equal(body.refresh_token, undefined);
  });

  test('is not accepted as an actor token', async () => {
    const actor = await platform.provider.idTokenFor({ ...careWorker, sub: '656005750105' }, at.other);
    const reply = await withIdToken(
      { may_act: { sub: '656005750105' } },
      { actor_token: actor, actor_token_type: types.id },
    );
    await assertError(platform, reply, 400, 'invalid_request', 'The actor token is not valid.');
  });
});

describe('token exchange: options of the base path', () => {
  test('exchanges an ID token once with idTokenOnce', async () => {
    const once = await startStandardClient({ base: { options: { idTokenOnce: true } } });
    try {
      const { platform } = once;
      const exchangeOnce = async (token: string) =>
        platform.post('/oauth2.1/token', {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: types.id,
          ...(await once.credentials('web')),
        });
      const token = await platform.provider.idTokenFor(careWorker, 'x');
      const answers = await Promise.all(Array.from({ length: 5 }, () => exchangeOnce(token)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      // (r, n - s) is a valid signature of ECDSA if (r, s) is.
      const signer = await newClientKey('provider-ec', 'ES256');
      platform.provider.keys.push(signer.jwk);
      const claims = decodeJwt(token)?.claims ?? {};
      const first = await signJwt({ alg: 'ES256', kid: 'provider-ec', typ: 'JWT' }, claims, signer.key);
      const [header = '', payload = '', signature = ''] = first.split('.');
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const hex = Buffer.from(signature, 'base64url').toString('hex');
      const s = (order - BigInt(`0x${hex.slice(64)}`)).toString(16).padStart(64, '0');
      const second = Buffer.from(hex.slice(0, 64) + s, 'hex').toString('base64url');
      assert.equal((await exchangeOnce(first)).status, 200);
      const since = (await platform.audit.list()).at(-1)?.seq;
      assert.equal((await exchangeOnce(`${header}.${payload}.${second}`)).status, 400);
      assert.deepEqual(
        (await platform.audit.list(since)).map(({ action, outcome }) => [action, outcome]),
        [['authorisation.tokens-refused', 'refused']],
      );
    } finally {
      await once.platform.close();
    }
  });
});
