import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import type { ValidateRequest, ValidationAnswer } from '../protocol.ts';
import { scopes, secretOf } from '../testing/applications.ts';
import { type AssertionOptions, assertionOf, type ClientKey, withAssertion } from '../testing/assertions.ts';
import { authorizeRequest, codeOf, codeRequest, refreshRequest, tokensOf } from '../testing/journeys.ts';
import { api, changed, type Platform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const secret = 'secret-of-the-console';
let client: StandardClient;
let platform: Platform;
let signer: ClientKey;
before(async () => {
  client = await startStandardClient({ more: { consoleSecret: secret } });
  ({ platform, signer } = client);
});
after(() => platform.close());

type Form = Record<string, string>;
const ask = (body: unknown, authorization = `Bearer ${secret}`) =>
  platform.call('/authorisation/validate', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization },
  });
const validate = async (body: ValidateRequest): Promise<ValidationAnswer> => {
  const answer = await ask(body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const formOf = (form: Form): string => new URLSearchParams(form).toString();
const assertion = (options: Partial<AssertionOptions> = {}) =>
  assertionOf({ id: 'separate', audience: `${api}/oauth2/token`, clock: platform.clock, signer, ...options });
const failed = ({ checks }: ValidationAnswer) => checks.filter(({ ok }) => !ok).map(({ check }) => check);

describe('the dry run', () => {
  test('keeps an assertion, a code, a refresh token and an ID token valid', async () => {
    const jwt = await assertion();
    const own = { grant_type: 'client_credentials', ...withAssertion(jwt) };
    const code = codeRequest(await codeOf(platform));
    const refresh = refreshRequest((await tokensOf(platform)).refresh_token ?? '');
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await platform.provider.idTokenFor(careWorker, 'separate.apps.test'),
      ...withAssertion(await assertion()),
    };
    assert.equal((await validate({ assertion: jwt })).ok, true);
    for (const form of [own, code, refresh, exchange]) {
      const found = await validate({ form: formOf(form) });
      assert.deepEqual([found.ok, failed(found), found.answer], [true, [], null]);
      assert.ok(found.checks.length > 5);
      assert.equal((await platform.post('/oauth2/token', form)).status, 200);
    }
    // Afterwards each of them is used up.
    assert.deepEqual(failed(await validate({ assertion: jwt })), ['jti']);
    assert.deepEqual(failed(await validate({ form: formOf(code) })), ['code']);
    assert.deepEqual(failed(await validate({ form: formOf(refresh) })), ['refresh_token']);
  });
  test('checks assertion, code and refresh token of the standard profile', async () => {
    const jwt = (await client.credentials('signing')).client_assertion ?? '';
    assert.deepEqual(failed(await validate({ assertion: jwt })), []);
    const { refresh_token: token } = await client.tokensOf('web');
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: token,
      ...(await client.credentials('web')),
    };
    assert.equal((await validate({ form: formOf(refresh) })).ok, true);
    assert.equal((await platform.post('/oauth2.1/token', refresh)).status, 200);
    platform.clock.advance(31);
    // Reuse would end the family; asking about it does not.
    assert.deepEqual(failed(await validate({ form: formOf(refresh) })), ['grant']);
    const live = await platform.tokens.find(token);
    assert.equal(live?.revokedAt, null);
  });
});

describe('the dry run refuses like the endpoint', () => {
  const now = () => seconds(platform.clock);
  // biome-ignore format: a table, one row a line
  const rows: [string, () => Partial<AssertionOptions>, string[]][] = [
    ['alg', () => ({ algorithm: 'RS256' }), ['alg', 'signature']],
    ['exp in the past', () => ({ claims: { exp: now() - 1 } }), ['exp']],
    ['exp as text', () => ({ claims: { exp: 'soon' } }), ['exp']],
    ['exp too far', () => ({ claims: { exp: now() + 311 } }), ['exp']],
    ['kid missing', () => ({ header: { kid: undefined } }), ['kid', 'signature']],
    ['kid unknown', () => ({ kid: 'nobody' }), ['signature']],
    ['typ', () => ({ header: { typ: 'at+jwt' } }), ['typ']],
    ['iss is not sub', () => ({ claims: { sub: 'other' } }), ['iss and sub']],
    ['jti missing', () => ({ claims: { jti: undefined } }), ['jti']],
    ['an unknown API key', () => ({ claims: { iss: 'nobody', sub: 'nobody' } }), ['client']],
    ['nbf in the future', () => ({ claims: { nbf: now() + 70 } }), ['nbf']],
    ['nbf as text', () => ({ claims: { nbf: 'soon' } }), ['nbf']],
    ['aud of another environment', () => ({ claims: { aud: 'https://int.test/oauth2/token' } }), ['aud']],
    ['several at once', () => ({ algorithm: 'RS256', claims: { aud: 'x', jti: undefined } }), ['alg', 'jti', 'signature', 'aud']],
  ];
  for (const [name, options, checks] of rows)
    test(`client assertion: ${name}`, async () => {
      const jwt = await assertion(options());
      const found = await validate({ assertion: jwt, base: '/oauth2' });
      const answered = await platform.post('/oauth2/token', {
        grant_type: 'client_credentials',
        ...withAssertion(jwt),
      });
      const { message_id: _, ...body } = answered.body;
      assert.deepEqual({ ...found.answer }, { status: answered.status, ...body });
      assert.deepEqual([...new Set(failed(found))].sort(), [...new Set(checks)].sort());
      assert.ok(found.checks.every(({ expected, received }) => expected !== '' || received !== ''));
    });

  // biome-ignore format: a table, one row a line
  const requests: [string, Record<string, string | undefined>, string[]][] = [
    ['nothing', {}, []],
    ['client_id missing', { client_id: undefined }, ['client_id']],
    ['client_id unknown', { client_id: 'nobody' }, ['client_id']],
    ['a revoked application', { client_id: 'key-of-revoked', redirect_uri: 'https://revoked.test/callback' }, ['application']],
    ['no subscription', { client_id: 'key-of-unsubscribed', redirect_uri: 'https://unsubscribed.test/callback' }, ['products']],
    ['redirect_uri of another', { redirect_uri: 'https://other.test/callback' }, ['redirect_uri']],
    ['state missing', { state: undefined }, ['state']],
    ['response_type', { response_type: 'token' }, ['response_type']],
    ['three at once', { redirect_uri: undefined, state: undefined, response_type: undefined }, ['redirect_uri', 'state', 'response_type']],
  ];
  for (const [name, change, checks] of requests)
    test(`authorization request: ${name}`, async () => {
      const query = authorizeRequest('combined', change);
      const found = await validate({ url: `${api}/oauth2/authorize?${new URLSearchParams(query)}` });
      assert.deepEqual(failed(found), checks);
      const answered = await platform.get('/oauth2/authorize', query);
      const told =
        answered.location?.searchParams.get('error_description') ?? answered.body.error_description;
      assert.equal(found.answer?.error_description, checks.length === 0 ? undefined : told);
    });

  // biome-ignore format: a table, one row a line
  const standardRequests: [string, string, Record<string, string | undefined>, string[]][] = [
    ['nothing', 'web', {}, []],
    ['no challenge', 'web', { code_challenge: undefined }, ['code_challenge']],
    ['a scope of others', 'web', { scope: 'x', response_type: 'token' }, ['response_type', 'scope']],
    ['a resource of others', 'web', { resource: 'https://x.test' }, ['resource']],
    ['not pushed', 'strict', {}, ['pushed']],
  ];
  for (const [name, id, change, checks] of standardRequests)
    test(`standard authorization request: ${name}`, async () => {
      const query = client.requestOf(id, change);
      const found = await validate({ url: `/oauth2.1/authorize?${new URLSearchParams(query)}` });
      assert.deepEqual([found.base, failed(found)], ['/oauth2.1', checks]);
      const { location } = await platform.get('/oauth2.1/authorize', query);
      assert.equal(found.answer?.error, location?.searchParams.get('error') ?? undefined);
    });

  // biome-ignore format: a table, one row a line
  const forms: [string, string, () => Form | Promise<Form>, string][] = [
    ['no grant_type', '/oauth2', () => ({ client_id: 'key-of-combined' }), 'grant_type'],
    ['another grant_type', '/oauth2', () => ({ grant_type: 'password' }), 'grant_type'],
    ['exchange of another type', '/oauth2', () => ({ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' }), 'subject_token_type'],
    ['a wrong secret', '/oauth2', () => changed(codeRequest('x'), { client_secret: 'x' }), 'client_secret'],
    ['a code of nobody', '/oauth2', () => codeRequest('x'), 'code'],
    ['no ID token', '/oauth2', async () => ({ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token_type: 'urn:ietf:params:oauth:token-type:id_token', ...withAssertion(await assertion()) }), 'subject_token'],
    ['a wrong secret, standard', '/oauth2.1', () => ({ grant_type: 'client_credentials', client_id: 'key-of-web', client_secret: 'x' }), 'client'],
    ['a scope of others, standard', '/oauth2.1', () => ({ grant_type: 'client_credentials', client_id: 'key-of-web', client_secret: secretOf('web'), scope: scopes.aal3 }), 'grant'],
    ['another grant, standard', '/oauth2.1', () => ({ grant_type: 'password', client_id: 'key-of-web', client_secret: secretOf('web') }), 'grant_type'],
  ];
  for (const [name, base, make, check] of forms)
    test(`token request: ${name}`, async () => {
      const form = await make();
      const found = await validate({ form: formOf(form), base });
      assert.equal(failed(found)[0], check);
      const { message_id: _, ...body } = (await platform.post(`${base}/token`, form)).body;
      const { status: __, ...answer } = found.answer ?? { status: 0 };
      assert.deepEqual(answer, body);
    });

  test('predicts the words of each endpoint for a revoked application of the standard profile', async () => {
    const stored = await platform.applications.get('web');
    assert.ok(stored);
    const { revision, ...application } = stored;
    await platform.applications.replace({ ...application, status: 'revoked' }, revision);
    try {
      const form = {
        grant_type: 'client_credentials',
        client_id: 'key-of-web',
        client_secret: secretOf('web'),
      };
      const token = await validate({ form: formOf(form), base: '/oauth2.1' });
      const answered = await platform.post('/oauth2.1/token', form);
      const { message_id: _, ...body } = answered.body;
      assert.deepEqual({ ...token.answer }, { status: answered.status, ...body });
      const query = client.requestOf('web');
      const request = await validate({ url: `/oauth2.1/authorize?${new URLSearchParams(query)}` });
      const { location } = await platform.get('/oauth2.1/authorize', query);
      assert.deepEqual(
        [request.answer?.error, request.answer?.error_description],
        [location?.searchParams.get('error'), location?.searchParams.get('error_description')],
      );
    } finally {
      const { revision: now, ...revoked } = (await platform.applications.get('web')) ?? stored;
      await platform.applications.replace({ ...revoked, status: 'approved' }, now);
    }
  });

  test('the standard assertion: everything that is wrong with it at once', async () => {
    const jwt = await assertion({
      id: 'signing',
      audience: `${standardIssuer}/revoke`,
      claims: { exp: now() + 3_900, nbf: now() + 100 },
    });
    const found = await validate({ assertion: jwt });
    assert.deepEqual([found.base, failed(found)], ['/oauth2.1', ['aud', 'exp', 'nbf']]);
    const aud = found.checks.find(({ check }) => check === 'aud');
    assert.deepEqual(
      [aud?.expected, aud?.received],
      [`${standardIssuer} or ${standardIssuer}/token or ${standardIssuer}/par`, `${standardIssuer}/revoke`],
    );
  });
});

describe('access to the dry run', () => {
  test('allows only the console', async () => {
    assert.equal((await ask({ assertion: 'x' }, 'Bearer other')).status, 401);
    assert.equal((await ask({ assertion: 'x' }, '')).status, 401);
  });
  for (const body of [
    {},
    { assertion: 'x', url: 'y' },
    { assertion: 7 },
    { odd: 'x' },
    [],
    'x',
    { base: '/oauth2' },
  ])
    test(`400 for ${JSON.stringify(body)}`, async () => assert.equal((await ask(body)).status, 400));
  test('answers 422 to an unknown base path', async () => {
    assert.equal((await ask({ assertion: 'x', base: '/oauth3' })).status, 422);
    assert.equal((await ask({ url: 'https://x.test/other?client_id=1' })).status, 422);
  });
  test('reports text that is not an assertion', async () => {
    const found = await validate({ assertion: 'x' });
    assert.equal(found.answer?.error_description, 'Malformed JWT in client_assertion');
  });
  test('never returns a secret', async () => {
    const form = formOf({
      grant_type: 'client_credentials',
      client_id: 'key-of-web',
      client_secret: 'hidden-secret',
    });
    assert.ok(!JSON.stringify(await validate({ form })).includes('hidden-secret'));
  });
});
