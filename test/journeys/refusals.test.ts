import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { signJwt } from '@alongside/kernel/jws';
import type { Journey, JourneySummary, Message, RefusalView } from '../../src/journeys/model.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { realmPath } from '../../src/service.ts';
import type { FoundRefusal } from '../../src/storage/refusals.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

let instance: TestInstance;
before(async () => {
  instance = await startInstance({ legacyCis: true });
});
after(() => instance.stop());

type Urls = TestInstance['urls'];
const cis2 = (urls: Urls) => new URL(urls.cis2Issuer).origin;
const api = (urls: Urls) => urls.api;
const pds = '/personal-demographics/FHIR/R4';
const form = 'application/x-www-form-urlencoded';
const html = { accept: 'text/html' };

interface Refused {
  name: string;
  at: (urls: Urls) => string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  status: number;
  error: string;
}

const explained = async (id: string) =>
  (await instance.call('GET', `/refusals/${encodeURIComponent(id)}`)) as { status: number; body: unknown };

/** Returns an Authorization header with a token for the demo application, from the console. */
async function userToken(): Promise<string> {
  const { access_token: token } = await instance.api<{ access_token: string }>('POST', '/tokens', {
    person: 'gp',
    application: 'demo-combined',
  });
  return `Bearer ${token}`;
}

const refusals: readonly Refused[] = [
  {
    name: 'a page of CIS2',
    at: cis2,
    path: `${realmPath}/authorize?client_id=unknown`,
    headers: html,
    status: 400,
    error: 'cis2.clientUnknown',
  },
  {
    name: 'a page of CIS2 at an unknown address',
    at: cis2,
    path: '/nowhere',
    headers: html,
    status: 404,
    error: 'cis2.pageUnknown',
  },
  {
    name: 'a redirect of CIS2',
    at: cis2,
    path: `${realmPath}/authorize?client_id={cis2}&redirect_uri={cis2 callback}&scope=openid&state=s&response_type=token`,
    status: 302,
    error: 'cis2.responseTypeUnsupported',
  },
  {
    name: 'JSON of the token endpoint of CIS2',
    at: cis2,
    path: `${realmPath}/access_token`,
    method: 'POST',
    headers: { 'content-type': form },
    body: 'grant_type=password&client_id=x&client_secret=y',
    status: 401,
    error: 'cis2.clientUnauthenticated',
  },
  {
    name: 'a challenge of the userinfo of CIS2',
    at: cis2,
    path: `${realmPath}/userinfo`,
    headers: { authorization: 'Bearer wrong' },
    status: 401,
    error: 'cis2.accessTokenInvalid',
  },
  {
    name: 'JSON of registration at CIS2',
    at: cis2,
    path: '/api/configs/team',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    status: 401,
    error: 'cis2.',
  },
  {
    name: 'JSON of CIS2 for services',
    at: cis2,
    path: '/cis2/sessions',
    status: 401,
    error: 'cis2.consoleUnknown',
  },
  {
    name: 'a method that CIS2 does not answer',
    at: cis2,
    path: `${realmPath}/access_token`,
    status: 405,
    error: 'kernel.methodNotAllowed',
  },
  {
    name: 'JSON of CIS',
    at: ({ cis }) => cis,
    path: '/directory/people',
    status: 401,
    error: 'cis.serviceUnknown',
  },
  {
    name: 'the legacy interface of CIS',
    at: ({ cis }) => cis,
    path: '/saml/RoleAssertion?token=unknown',
    status: 403,
    error: 'cis.legacy',
  },
  {
    name: 'a page of the Identity Agent',
    at: ({ identityAgent }) => identityAgent,
    path: '/v1/cis2?request=x',
    status: 403,
    error: 'identity-agent.notNavigation',
  },
  {
    name: 'JSON of /oauth2',
    at: api,
    path: '/oauth2/authorize?client_id=unknown',
    status: 401,
    error: 'authorisation.clientUnknown',
  },
  {
    name: 'a redirect of /oauth2',
    at: api,
    path: '/oauth2/authorize?client_id={platform}&redirect_uri={platform callback}&response_type=token&state=s',
    status: 302,
    error: 'authorisation.responseTypeInvalid',
  },
  {
    name: 'JSON of /oauth2.1',
    at: api,
    path: '/oauth2.1/token',
    method: 'POST',
    headers: { 'content-type': form },
    body: 'grant_type=client_credentials&client_id=x',
    status: 401,
    error: 'authorisation.standard.clientUnauthenticated',
  },
  {
    name: 'HTTP Basic at /oauth2.1',
    at: api,
    path: '/oauth2.1/introspect',
    method: 'POST',
    headers: { 'content-type': form, authorization: 'Basic eDp5' },
    body: 'token=x',
    status: 401,
    error: 'authorisation.standard.clientUnauthenticated',
  },
  {
    name: 'a body of /oauth2 that is too large',
    at: api,
    path: '/oauth2/token',
    method: 'POST',
    headers: { 'content-type': form },
    body: 'x'.repeat(70_000),
    status: 413,
    error: 'authorisation.bodyTooLarge',
  },
  {
    name: 'an OperationOutcome of the gateway',
    at: api,
    path: `${pds}/Patient/9000000009`,
    status: 401,
    error: 'gateway.missingAuthorization',
  },
  {
    name: 'an OperationOutcome of PDS',
    at: api,
    path: `${pds}/Patient?family=MARKEDSURNAME`,
    headers: { authorization: 'user', 'x-request-id': '6f1d3a52-0000-4000-8000-000000000001' },
    status: 400,
    error: 'pds.missingField',
  },
  {
    name: 'a fault in the form of the gateway',
    at: api,
    path: '/hello-world/hello/user',
    status: 401,
    error: 'gateway.missingAuthorization',
  },
  {
    name: 'a fault of the mock key sets',
    at: api,
    path: '/mock-jwks/keycloak-client-credentials',
    status: 401,
    error: 'mock.apiKeyMissing',
  },
  {
    name: 'a page of a mock realm',
    at: cis2,
    path: '/realms/Cis2-mock-internal-dev/protocol/openid-connect/auth?client_id=unknown',
    status: 400,
    error: 'mock.',
  },
  {
    name: 'JSON of a mock realm',
    at: cis2,
    path: '/realms/Cis2-mock-internal-dev/protocol/openid-connect/token',
    method: 'POST',
    headers: { 'content-type': form },
    body: 'grant_type=x',
    status: 401,
    error: 'mock.',
  },
  {
    name: 'JSON of the console',
    at: ({ console }) => console,
    path: '/api/v1/people/unknown',
    status: 404,
    error: 'console.',
  },
  {
    name: 'an address of the console that is not there',
    at: ({ console }) => console,
    path: '/nowhere',
    status: 404,
    error: 'kernel.nothingHere',
  },
  {
    name: 'a damaged address',
    at: ({ sample }) => sample,
    path: '/%zz',
    status: 400,
    error: 'kernel.addressDamaged',
  },
];

/** Replaces `{name}` in a path by the addresses of the demo applications. */
async function filled(path: string): Promise<string> {
  if (!path.includes('{')) return path;
  const { applications } = await instance.api<{
    applications: {
      id: string;
      cis2?: { clientId: string; redirectUris: string[] };
      platform?: { clientId: string; callbackUrls: string[] };
    }[];
  }>('GET', '/applications');
  const cis2Half = applications.find(({ id }) => id === 'demo-separate')?.cis2;
  const platformHalf = applications.find(({ id }) => id === 'demo-combined')?.platform;
  const values: Record<string, string | undefined> = {
    cis2: cis2Half?.clientId,
    'cis2 callback': cis2Half?.redirectUris[0],
    platform: platformHalf?.clientId,
    'platform callback': platformHalf?.callbackUrls[0],
  };
  return path.replaceAll(/\{([\w ]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

describe('explain', () => {
  for (const { name, at, path, method = 'GET', headers = {}, body, status, error } of refusals)
    test(`finds ${name} by each id, with fix, actor and source`, async () => {
      const ids = { 'x-request-id': crypto.randomUUID(), 'x-correlation-id': `c-${crypto.randomUUID()}` };
      const sent: Record<string, string> = { ...headers, ...ids };
      if (headers.authorization === 'user') sent.authorization = await userToken();
      const answer = await fetch(at(instance.urls) + (await filled(path)), {
        method,
        headers: sent,
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      });
      const shown = await answer.text();
      assert.equal(answer.status, status, shown.slice(0, 500));
      const id = answer.headers.get('x-message-id') ?? '';
      assert.match(id, /^[0-9a-f-]{36}$/);
      assert.ok(answer.headers.get('x-error-detail'));
      const [, help = ''] = /<([^>]+)>; rel="help"$/.exec(answer.headers.get('link') ?? '') ?? [];
      assert.equal((await fetch(help, { headers: { accept: 'text/html' } })).status, 200, `${id}: ${help}`);
      if ((answer.headers.get('content-type') ?? '').startsWith('text/html') && shown.includes('<!doctype'))
        assert.ok(shown.includes(id), 'the page shows its reference');
      for (const asked of [id, ...Object.values(ids)]) {
        const { status: found, body: refusal } = await explained(asked);
        assert.equal(found, 200, asked);
        const { messageId, error: entry, fix, actor, source, path: where, ...rest } = refusal as FoundRefusal;
        assert.equal(messageId, id);
        assert.ok(entry.startsWith(error), entry);
        assert.ok(fix.length > 10 && actor.length > 3 && source.length > 3, JSON.stringify(refusal));
        assert.ok(rest.expected.length > 1 && rest.detail.length > 1, JSON.stringify(refusal));
        assert.deepEqual([rest.status, rest.method], [status, method]);
        assert.ok(where.startsWith('/'));
        assert.doesNotMatch(JSON.stringify(refusal), /9000000009|MARKEDSURNAME/);
      }
    });

  const slips: [string, (urls: Urls) => string, string, RegExp][] = [
    ['POST', api, '/oauth2/tokens', /did you mean \/oauth2\/token\?/],
    ['GET', api, '/oauth2.1/authorise', /did you mean \/oauth2\.1\/authorize\?/],
    ['GET', api, '/oauth2.1/.well-known/openid-configurations', /did you mean|there is no route/],
    ['GET', cis2, `${realmPath}/userinf`, /did you mean .*\/userinfo\?/],
    ['GET', ({ cis }) => cis, '/directory/peple', /did you mean \/directory\/people\?/],
    ['GET', ({ console }) => console, '/api/v1/event', /did you mean \/api\/v1\/events\?/],
    ['GET', api, '/hello-word/hello/user', /did you mean \/hello-world\/hello\/user\?/],
  ];
  for (const [method, at, path, hint] of slips)
    test(`names the nearest path for the mistyped ${path}`, async () => {
      const answer = await fetch(at(instance.urls) + path, { method });
      assert.ok(answer.status === 404 || answer.status === 400, String(answer.status));
      assert.match(answer.headers.get('x-error-detail') ?? '', hint);
      const { body } = await explained(answer.headers.get('x-message-id') ?? '');
      const { detail, facts } = body as FoundRefusal;
      assert.match(detail, hint);
      const [, meant] = /did you mean (\S+)\?/.exec(detail) ?? [];
      assert.deepEqual(facts, meant && { received: path, expected: `${meant} (the nearest)` });
      assert.doesNotMatch(await answer.text(), /did you mean/);
    });

  test('finds bytes that are not a request, at every listener', async () => {
    for (const origin of [instance.urls.api, cis2(instance.urls), instance.urls.cis, instance.urls.console]) {
      const { hostname, port } = new URL(origin);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.end('NOT HTTP AT ALL\r\n\r\n');
      const raw = await text(socket);
      const id = /^x-message-id: (\S+)/im.exec(raw)?.[1] ?? '';
      const { status, body } = await explained(id);
      assert.equal(status, 200, raw);
      assert.match((body as FoundRefusal).error, /requestMalformed$/);
    }
  });

  test('gives every response an id, also a successful one', async () => {
    const answer = await fetch(`${instance.urls.api}/oauth2/_ping`);
    assert.match(answer.headers.get('x-message-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal((await explained(answer.headers.get('x-message-id') ?? '')).status, 404);
  });
});

describe('refused messages of a journey', () => {
  type Shown = Omit<RefusalView, 'fix' | 'actor' | 'source'>;

  /** Returns why messages were refused, the newest journey first. */
  async function refusedMessages(filter = ''): Promise<Message[]> {
    const { journeys } = await instance.api<{ journeys: JourneySummary[] }>('GET', `/journeys?${filter}`);
    const found = await Promise.all(
      journeys.slice(0, 20).map(({ id }) => instance.api<Journey>('GET', `/journeys/${id}`)),
    );
    return found.flatMap(({ messages }) => messages.filter(({ refusal }) => refusal !== null));
  }

  async function shows({ error, field, headline, received, expected }: Shown): Promise<void> {
    const refusals = (await refusedMessages()).map(({ refusal }) => refusal);
    const found = refusals.find((refusal) => refusal?.error === error && refusal.field === field);
    assert.ok(found, `${error}: ${JSON.stringify(refusals.map((refusal) => refusal?.error))}`);
    const same = (value: string | null) =>
      value?.replace(/ at [\d:]+ UTC, \d+ m?s before/g, ' at T UTC, N before');
    assert.deepEqual(
      [found.headline, same(found.received), same(found.expected)],
      [headline, same(received), same(expected)],
    );
    assert.ok(found.fix && found.actor && found.source, error);
  }

  const mendOf = async (error: string, received: string): Promise<string> => {
    const refusals = (await refusedMessages()).map(({ refusal }) => refusal);
    return refusals.find((refusal) => refusal?.error === error && refusal.received === received)?.fix ?? '';
  };

  const put = (card: string) =>
    instance.api<{ card: { serial: string } }>('PUT', '/readers/0/card', { card });
  const take = () => instance.api('DELETE', '/readers/0/card');

  test('name the state of a card, and the remaining attempts of its PIN', async () => {
    await put('nurse');
    await instance.call('POST', '/agent/pin', { pin: '99999999' });
    await shows({
      error: 'identity-agent.wrongPin',
      field: 'pin',
      headline: 'The PIN is wrong',
      received: 'a wrong PIN, 2 attempts left',
      expected: 'the PIN of the card in the reader',
    });
    await take();
    await put('locked');
    await shows({
      error: 'identity-agent.cardBlocked',
      field: 'pin',
      headline: 'The card is blocked after too many wrong PINs',
      received: 'a card that is blocked after wrong PINs',
      expected: 'a card whose PIN is not blocked',
    });
    await take();
    const { card } = await put('starter');
    await take();
    await instance.api('POST', `/registration-authority/cards/${card.serial}/revoke`, {
      actor: 'admin',
      reason: 'keyCompromise',
    });
    await put('starter');
    await shows({
      error: 'cis.certificateRevoked',
      field: 'certificate',
      headline: 'The card was revoked',
      received: 'a card that was revoked at T UTC, N before the request: keyCompromise',
      expected: 'a card that is not revoked',
    });
    await shows({
      error: 'identity-agent.cardRejected',
      field: 'card',
      headline: 'This card has been revoked',
      received: 'a card that is refused: certificate_revoked',
      expected: 'a card that CIS accepts',
    });
    await take();
    await put('gp');
    await take();
    const fourYears = 4 * 365 * 86_400;
    await instance.api('PUT', '/clock', { advance: fourYears });
    await put('gp');
    await take();
    await instance.api('PUT', '/clock', { advance: -fourYears });
    const refused = await refusedMessages('pattern=desk');
    const expired = refused.find(({ refusal }) => refusal?.error === 'cis.certificateExpired')?.refusal;
    assert.deepEqual(
      [expired?.headline, expired?.expected],
      ['The card has expired', 'a certificate that is valid now'],
    );
    assert.match(
      expired?.received ?? '',
      /^a certificate that expired at 20[\d-]+ [\d:]+ UTC, \d+ days before the request$/,
    );
  });

  test('name the claim of an assertion, the rule of a profile and the scopes of the application', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = {
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'own-1', use: 'sig', alg: 'ES256' }],
    };
    const { cis2: client } = await instance.api<{ cis2: { clientId: string } }>('POST', '/applications', {
      name: 'Strict',
      profile: 'fapi2',
      cis2: {
        profile: 'fapi2',
        tokenEndpointAuthMethod: 'private_key_jwt',
        signingAlg: 'ES256',
        jwks,
        redirectUris: ['https://strict.example.test/callback'],
      },
    });
    const issuer = instance.urls.cis2Issuer;
    const authorize = new URLSearchParams({
      client_id: client.clientId,
      redirect_uri: 'https://strict.example.test/callback',
      response_type: 'code',
      scope: 'openid',
      state: 'state-of-a-strict-client',
    });
    await fetch(`${issuer}/authorize?${authorize}`, { redirect: 'manual' });
    await shows({
      error: 'cis2.requestNotPushed',
      field: 'request_uri',
      headline: 'This client must push its requests',
      received: 'the parameters themselves, from the browser',
      expected: 'a request_uri of the PAR endpoint',
    });
    const redeem = async (kid: string, aud: string, more: Record<string, unknown> = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const claims = { iss: client.clientId, sub: client.clientId, aud, jti: crypto.randomUUID() };
      const assertion = await signJwt(
        { alg: 'ES256', typ: 'JWT', kid },
        { ...claims, iat: now, exp: now + 60, ...more },
        privateKey,
      );
      await fetch(`${issuer}/access_token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'x',
          client_assertion: assertion,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        }),
      });
    };
    await redeem('own-2', issuer);
    await shows({
      error: 'cis2.assertionInvalid',
      field: 'kid',
      headline: 'No registered key has this kid',
      received: 'own-2',
      expected: 'own-1',
    });
    await redeem('own-1', 'https://elsewhere.example.test');
    await shows({
      error: 'cis2.assertionInvalid',
      field: 'aud',
      headline: 'aud of the assertion is wrong',
      received: 'https://elsewhere.example.test',
      expected: `the one string ${issuer}`,
    });
    await redeem('own-1', `${issuer}/access_token`);
    const byDefault = await mendOf('cis2.assertionInvalid', `${issuer}/access_token`);
    assert.match(byDefault, /Spring Security: .*Nimbus: .*Authlib: /);
    assert.ok(byDefault.includes(`Set it to the one string ${issuer}.`), byDefault);
    await redeem('own-1', 'https://elsewhere.example.test', { jti: 7 });
    await shows({
      error: 'cis2.assertionInvalid',
      field: 'aud and jti',
      headline: 'aud and jti of the assertion are wrong',
      received: 'aud: https://elsewhere.example.test; jti: 7',
      expected: `aud: the one string ${issuer}; jti: a text of at most 256 characters`,
    });
    const native = new URLSearchParams({
      client_id: 'demo-native',
      redirect_uri: 'http://127.0.0.1/callback',
      response_type: 'code',
      scope: 'nothing',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      state: 's',
    });
    await fetch(`${instance.urls.api}/oauth2.1/authorize?${native}`, { redirect: 'manual' });
    const scope = (await refusedMessages()).find(
      ({ refusal }) => refusal?.error === 'authorisation.standard.scopeEmpty',
    )?.refusal;
    assert.deepEqual([scope?.field, scope?.received], ['scope', 'nothing']);
    assert.match(scope?.expected ?? '', /^urn:nhsd:apim:/);
  });

  test('name the remedy for the defaults of libraries: HTTP Basic at /oauth2, cookies of RFC 2965', async () => {
    const { clientId, clientSecret } = seededClients.combined;
    const { api: platform } = instance.urls;
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    for (const [named, error] of [
      [{ client_id: clientId }, 'authorisation.secretMissing'],
      [{}, 'authorisation.clientMissing'],
    ] as const) {
      const body = new URLSearchParams({ grant_type: 'authorization_code', code: 'x', ...named });
      await fetch(`${platform}/oauth2/token`, { method: 'POST', headers: { authorization: basic }, body });
      const fix = await mendOf(error, 'Authorization: Basic');
      assert.match(fix, /client_secret_post.*include_client_id=True/, error);
    }
    const query = new URLSearchParams({
      client_id: seededClients.separateAtCis2.clientId,
      redirect_uri: `${instance.urls.sample}/separate/callback`,
      response_type: 'code',
      scope: 'openid',
      acr_values: 'AAL1_USERPASS',
      state: 'state-of-an-old-cookie-store',
    });
    const page = await fetch(`${instance.urls.cis2Issuer}/authorize?${query}`, { redirect: 'manual' });
    const [cookie = ''] = page.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
    const [name, value] = cookie.split('=');
    const at = new URL(page.headers.get('location') ?? '', instance.urls.cis2Issuer);
    await fetch(at, {
      headers: { cookie: `$Version="1"; ${name}="${value}";$Path="/"` },
      redirect: 'manual',
    });
    assert.match(await mendOf('cis2.interactionUnknown', '$Version and quoted values'), /CookieManager/);
  });

  test('name the setting of the library for a request without PKCE, at CIS2 and /oauth2.1', async () => {
    const callback = 'https://app.example.test/callback';
    const register = async (pkce: 'required' | null) => {
      const { platform, cis2 } = await instance.api<Record<'platform' | 'cis2', { clientId: string }>>(
        'POST',
        '/applications',
        {
          name: 'without PKCE',
          profile: 'standard',
          platform: { callbackUrls: [callback], products: ['hello-world'], pkce },
          cis2: { redirectUris: [callback], pkce },
        },
      );
      return { 'authorisation.standard': platform.clientId, cis2: cis2.clientId };
    };
    const [open, strict] = [await register(null), await register('required')];
    const servers = {
      'authorisation.standard': `${instance.urls.api}/oauth2.1/authorize`,
      cis2: `${instance.urls.cis2Issuer}/authorize`,
    };
    const seven =
      /Quarkus: .*requests-oauthlib: .*zitadel\/oidc: .*oauth2-proxy: .*MSAL Node: .*simple-oauth2: .*passport-openidconnect/;
    const msal = { 'x-client-SKU': 'msal.js.node', scope: 'openid profile' };
    for (const [server, address] of Object.entries(servers) as [keyof typeof servers, string][])
      for (const [ids, more, received, fix, other] of [
        [open, {}, 'neither code_challenge nor nonce', seven, /Authlib/],
        [open, msal, 'neither code_challenge nor nonce', /MSAL Node: codeChallenge/, /Quarkus/],
        [strict, { nonce: 'n' }, 'a nonce alone', /Authlib: .*mozilla-django-oidc: /, /Quarkus|nonce: true/],
      ] as const) {
        const state = crypto.randomUUID();
        const query = { client_id: ids[server], redirect_uri: callback, response_type: 'code', state };
        const request = new URLSearchParams({ ...query, scope: 'openid', ...more });
        await fetch(`${address}?${request}`, { redirect: 'manual' });
        // The newest one is the first.
        const refusal = (await refusedMessages()).find(
          ({ refusal }) => refusal?.error === `${server}.challengeMissing`,
        )?.refusal;
        assert.equal(refusal?.received, received, server);
        assert.match(refusal?.expected ?? '', /S256.* confidential client of the profile standard$/, server);
        assert.match(refusal?.fix ?? '', fix, server);
        assert.doesNotMatch(refusal?.fix ?? '', other, server);
      }
  });

  test('are in the journey of the sign-in that they belong to', async () => {
    const { api: platform } = instance.urls;
    const callback = `${instance.urls.sample}/combined/callback`;
    const { clientId, clientSecret } = seededClients.combined;
    await instance.signInAtDesk('gp');
    const request = new URLSearchParams({
      client_id: clientId,
      redirect_uri: callback,
      response_type: 'code',
      state: 'state-of-a-sign-in-with-mistakes',
    });
    const browser = new Navigator();
    const { address, hops } = await browser.go(`${platform}/oauth2/authorize?${request}`, callback);
    const ask = async (fields: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields });
      const answer = await fetch(`${platform}/oauth2/token`, { method: 'POST', body });
      return (await answer.json()) as Record<string, string>;
    };
    const code = new URL(address).searchParams.get('code') ?? '';
    await ask({ grant_type: 'nonsense', code });
    const { refresh_token: first = '' } = await ask({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
    });
    const refresh = { grant_type: 'refresh_token', refresh_token: first };
    assert.ok((await ask(refresh)).access_token);
    await ask(refresh);
    const stranger = new Navigator();
    for (const part of ['/v1/cis2', '/agent/return', '/oauth2/callback']) {
      const hop = hops.find((each) => each.includes(part)) ?? '';
      await stranger.go(hop);
    }
    const { journeys } = await instance.api<{ journeys: JourneySummary[] }>(
      'GET',
      '/journeys?pattern=combined&person=656005750108',
    );
    const [{ id = '' } = {}] = journeys;
    const { messages } = await instance.api<Journey>('GET', `/journeys/${id}`);
    assert.deepEqual(
      messages.flatMap(({ refusal }) => refusal?.error ?? []),
      [
        'authorisation.grantUnsupported',
        'authorisation.refreshInvalid',
        'identity-agent.requestReused',
        'cis2.returnRefused',
        'authorisation.stateInvalid',
      ],
    );
  });
});

test('two sign-ins of a client at CIS2 with the same short state are two journeys', async () => {
  const callback = `${instance.urls.sample}/separate/callback`;
  const { clientId } = seededClients.separateAtCis2;
  const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' };
  const query = new URLSearchParams({ ...request, state: 'x', nonce: 'y' });
  for (let count = 0; count < 2; count++)
    await new Navigator().go(`${instance.urls.cis2Issuer}/authorize?${query}`, callback);
  const { journeys } = await instance.api<{ journeys: JourneySummary[] }>(
    'GET',
    '/journeys?pattern=separate',
  );
  assert.deepEqual(
    journeys.slice(0, 2).map(({ outcome, count }) => [outcome, count]),
    [
      ['waiting', 6],
      ['waiting', 6],
    ],
  );
});

test('a journey is marked if the clock was moved during it, and no other', async () => {
  const callback = `${instance.urls.sample}/combined/callback`;
  const { clientId } = seededClients.combined;
  const address = (state: string) =>
    `${instance.urls.api}/oauth2/authorize?${new URLSearchParams({
      client_id: clientId,
      redirect_uri: callback,
      response_type: 'code',
      state,
    })}`;
  const browser = new Navigator();
  const begun = await browser.go(address(crypto.randomUUID()), instance.urls.cis2Issuer);
  await instance.api('PUT', '/clock', { advance: 30 });
  await browser.go(begun.address, callback);
  await instance.api('PUT', '/clock', { advance: -30 });
  await browser.go(address(crypto.randomUUID()), callback);
  const { journeys } = await instance.api<{ journeys: JourneySummary[] }>(
    'GET',
    '/journeys?pattern=combined',
  );
  assert.deepEqual(
    journeys.slice(0, 2).map(({ isClockMoved, outcome }) => [isClockMoved, outcome]),
    [
      [false, 'waiting'],
      [true, 'waiting'],
    ],
  );
  const [after, during] = await Promise.all(
    journeys
      .slice(0, 2)
      .map(async ({ id }) => (await fetch(`${instance.urls.console}/journeys/${id}`)).text()),
  );
  assert.match(during ?? '', /clock<\/a> was moved/);
  assert.doesNotMatch(after ?? '', /clock<\/a> was moved/);
});

test('the pages of a combined sign-in name the application, however hostile its name is', async () => {
  await instance.api('DELETE', '/readers/0/card');
  await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
  const callback = 'https://hostile.example.test/callback';
  const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
    name: `<img src=x onerror=alert(1)>\u202Eevil${'x'.repeat(60)}`,
    profile: 'nhs',
    platform: { callbackUrls: [callback], products: ['personal-demographics-service'] },
  });
  const request = new URLSearchParams({
    client_id: platform.clientId,
    redirect_uri: callback,
    response_type: 'code',
    state: crypto.randomUUID(),
  });
  const { answer, hops } = await new Navigator().go(`${instance.urls.api}/oauth2/authorize?${request}`);
  const shown = `&lt;img src=x onerror=alert(1)&gt; evil${'x'.repeat(46)}…, through API platform`;
  assert.match(answer.body, /PIN of your smartcard/);
  assert.ok(answer.body.includes(`<strong><bdi>${shown}</bdi></strong>`), answer.body);
  // Without its seal, with that of another request and from another client, a name is ignored.
  const atCis2 = new URL(hops.find((hop) => hop.startsWith(instance.urls.cis2Issuer)) ?? '');
  const { searchParams: sent } = atCis2;
  assert.ok(!atCis2.href.includes('evil'));
  const other = seededClients.separateAtCis2.clientId;
  const separate = { client_id: other, redirect_uri: `${instance.urls.sample}/separate/callback` };
  for (const [changes, name] of [
    [{ on_behalf_of: 'Clinic' }, 'API platform'],
    [{ state: crypto.randomUUID() }, 'API platform'],
    [separate, 'demo-separate'],
  ] as const) {
    const forged = new URLSearchParams({ ...Object.fromEntries(sent), ...changes });
    const { body } = (await new Navigator().go(`${atCis2.origin}${atCis2.pathname}?${forged}`)).answer;
    assert.ok(body.includes(`<strong><bdi>${name}</bdi></strong>`), body);
  }
});

describe('recorded refusals', () => {
  test('contain no secret of a hostile request, wherever it was', async () => {
    const secret = 'hQ7MARKEDwV2secretXz81kLpT4yBn0s';
    const pin = '918273';
    const nhsNumber = '9434765919';
    const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from(`{"sub":"${secret}","iss":"${secret}"}`).toString('base64url')}.${secret}`;
    const inForm = (fields: Record<string, string>) => ({
      method: 'POST',
      headers: { 'content-type': form },
      body: new URLSearchParams(fields).toString(),
    });
    const { api: platform, console, cis, identityAgent, cis2Issuer } = instance.urls;
    const origin = new URL(cis2Issuer).origin;
    const fields = ['client_id', 'client_secret', 'code', 'refresh_token', 'redirect_uri', 'scope', 'state'];
    const tokenForms = [secret, jwt].flatMap((value): Record<string, string>[] => [
      { grant_type: 'authorization_code', ...Object.fromEntries(fields.map((name) => [name, value])) },
      { grant_type: 'refresh_token', client_id: value, client_secret: value, refresh_token: value },
      { grant_type: value },
      {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: value,
      },
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: value,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: value,
      },
    ]);
    const query = new URLSearchParams(fields.map((name) => [name, secret]));
    const requests: [string, RequestInit?][] = [
      ...['/oauth2/token', '/oauth2.1/token', '/oauth2.1/par', '/oauth2.1/revoke'].flatMap((path) =>
        tokenForms.map((fields): [string, RequestInit] => [`${platform}${path}`, inForm(fields)]),
      ),
      ...tokenForms.map((fields): [string, RequestInit] => [`${cis2Issuer}/access_token`, inForm(fields)]),
      ...['/oauth2/authorize', '/oauth2.1/authorize', '/oauth2/callback', '/oauth2.1/callback'].map(
        (path): [string] => [`${platform}${path}?${query}`],
      ),
      [`${cis2Issuer}/authorize?${query}`],
      [`${cis2Issuer}/userinfo`, { headers: { authorization: `Bearer ${secret}` } }],
      [`${platform}/oauth2/userinfo`, { headers: { authorization: `Bearer ${jwt}` } }],
      [`${platform}${pds}/Patient/${nhsNumber}`, { headers: { authorization: `Bearer ${secret}` } }],
      [`${platform}${pds}/Patient/${nhsNumber}`, { headers: { authorization: secret, dpop: jwt } }],
      [
        `${platform}${pds}/Patient?family=MARKEDNAME&birthdate=eq1963-07-14&x=${nhsNumber}`,
        { headers: { authorization: await userToken(), 'x-request-id': secret, 'x-correlation-id': jwt } },
      ],
      [
        `${platform}${pds}/Patient/${nhsNumber}`,
        { headers: { authorization: await userToken(), 'nhsd-session-urid': secret } },
      ],
      [`${cis}/sessions/${secret}`, { headers: { authorization: `Bearer ${secret}` } }],
      [`${cis}/saml/RoleAssertion?token=${secret}`],
      [`${identityAgent}/v1/cis2?request=${jwt}`],
      [`${console}/api/v1/people/${secret}`],
      [
        `${console}/api/v1/agent/pin`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ pin, more: secret }),
        },
      ],
      [
        `${console}/api/v1/tokens/inspect`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ token: secret }),
        },
      ],
      [`${origin}/enrol/${secret}`, { headers: html }],
      [`${origin}/realms/${secret}/protocol/openid-connect/auth?client_id=${secret}`],
    ];
    let refused = 0;
    for (const [address, init] of requests) {
      const answer = await fetch(address, { redirect: 'manual', ...init });
      await answer.arrayBuffer();
      const { status, body } = await explained(answer.headers.get('x-message-id') ?? '');
      if (status !== 200) continue;
      refused += 1;
      const kept = JSON.stringify(body) + (answer.headers.get('x-error-detail') ?? '');
      for (const value of [secret, jwt, jwt.split('.')[1] ?? '', pin, nhsNumber, 'MARKEDNAME', '1963-07-14'])
        assert.ok(!kept.includes(value), `${address}: ${kept}`);
    }
    assert.ok(refused >= requests.length - 3, `${refused} of ${requests.length} were refused`);
  });
});
