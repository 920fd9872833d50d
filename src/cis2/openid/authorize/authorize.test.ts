import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Developers } from '../../../oauth/developers.ts';
import { Browser, type Reply, send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';

let cis2: Instance;
let nhs: Cis2Registration;
let standard: Cis2Registration;
let pkce: Cis2Registration;
let native: Cis2Registration;

before(async () => {
  cis2 = await startInstance();
  nhs = await cis2.register({
    redirectUris: ['https://app.example.test/callback', 'https://app.example.test/other?a=1'],
  });
  standard = await cis2.register({ profile: 'standard' });
  pkce = await cis2.register({ profile: 'standard', pkce: 'required' });
  native = await cis2.register({
    applicationType: 'native',
    redirectUris: ['http://127.0.0.1/done', 'http://[::1]:7000/done', 'http://localhost:7000/done'],
  });
});
after(() => cis2.stop());

const get = (address: string): Promise<Reply> => send('GET', address);
const sentBack = ({ location }: Reply): Record<string, string> =>
  Object.fromEntries(new URL(location).searchParams);

// Before the client and its address are known, an error is a page with 400 (RFC 6749 section 4.1.2.1).
describe('authorization errors before the client is known', () => {
  const cases: [string, (client: Cis2Registration) => string, RegExp][] = [
    ['no client', (c) => cis2.authorizeUrl(c, { client_id: undefined }), /has no client_id/],
    ['an empty client', (c) => cis2.authorizeUrl(c, { client_id: '' }), /has no client_id/],
    ['an unknown client', (c) => cis2.authorizeUrl(c, { client_id: 'nobody' }), /client is unknown/],
    ['no redirect_uri', (c) => cis2.authorizeUrl(c, { redirect_uri: undefined }), /no redirect_uri/],
    ...[
      'https://app.example.test/callback/',
      'https://app.example.test/callback?x=1',
      'https://app.example.test/callback#x',
      'https://app.example.test/CALLBACK',
      'https://APP.example.test/callback',
      'https://app.example.test:443/callback',
      'http://app.example.test/callback',
      'https://app.example.test/callback/../callback',
      'https://app.example.test/x/..%2Fcallback',
      'https://app.example.test/x/%252E%252E/callback',
      'https://app.example.test/x/..;/callback',
      'https://app.example.test\\@evil.example/callback',
      'https://app.example.test@evil.example/callback',
      'https://app.example.test.evil.example/callback',
      'https://appxexample.test/callback',
      ' https://app.example.test/callback',
      '/\thttps://evil.example',
      'javascript:alert(1)',
      'https://app.example.test/other',
      'https://app.example.test/other?a=1&b=2',
    ].map((uri): [string, (client: Cis2Registration) => string, RegExp] => [
      `the address ${uri}`,
      (c) => cis2.authorizeUrl(c, { redirect_uri: uri }),
      /not registered for this client/,
    ]),
    ['a repeated parameter', (c) => `${cis2.authorizeUrl(c)}&state=2`, /more than once/],
    ['a repeated unknown parameter', (c) => `${cis2.authorizeUrl(c)}&x=1&x=2`, /more than once/],
    ['broken percent-encoding', (c) => `${cis2.authorizeUrl(c)}&x=%zz`, /not well-formed/],
    ['a NUL', (c) => `${cis2.authorizeUrl(c)}&x=%00`, /not well-formed/],
    [
      'more than 100 parameters',
      (c) => cis2.authorizeUrl(c) + '&'.concat(...Array.from({ length: 101 }, (_, i) => `p${i}=1&`)),
      /not well-formed/,
    ],
    ['a state that is too long', (c) => cis2.authorizeUrl(c, { state: 'x'.repeat(4097) }), /too long/],
    ['a nonce that is too long', (c) => cis2.authorizeUrl(c, { nonce: 'x'.repeat(1025) }), /too long/],
  ];
  for (const [name, address, message] of cases)
    test(name, async () => {
      const reply = await get(address(nhs));
      assert.equal(reply.status, 400);
      assert.equal(reply.location, '');
      assert.match(reply.headers['content-type'] ?? '', /^text\/html/);
      assert.match(reply.body, message);
      assert.match(String(reply.headers['content-security-policy']), /frame-ancestors 'none'/);
    });

  test('shows a page for a revoked application', async () => {
    const gone = await cis2.register({}, { status: 'revoked' });
    assert.match((await get(cis2.authorizeUrl(gone))).body, /client is unknown/);
  });

  test('shows a page while the developer of the application is inactive', async () => {
    const developers = new Developers(cis2.database);
    const acme = { id: 'acme', name: 'Acme', status: 'active', kind: 'company', email: '' } as const;
    await developers.add(acme);
    const client = await cis2.register({}, { developer: acme.id });
    const asked = () => get(cis2.authorizeUrl(client));
    assert.equal((await asked()).status, 302);
    await developers.replace({ ...acme, status: 'inactive' }, 1);
    assert.match((await asked()).body, /client is unknown/);
    await developers.replace(acme, 2);
    assert.equal((await asked()).status, 302);
  });

  test('escapes every value of the request', async () => {
    const { body } = await get(cis2.authorizeUrl(nhs, { client_id: '<script>alert(1)</script>' }));
    assert.ok(!body.includes('<script>alert'));
    assert.ok(body.includes('&lt;script&gt;alert'));
  });

  test('shows only the public description and a number in production', async () => {
    const production = await startInstance({ development: false });
    try {
      const client = await production.register();
      const { body } = await get(production.authorizeUrl(client, { redirect_uri: 'https://evil.example/' }));
      assert.ok(!body.includes('evil.example') && !body.includes('app.example.test'));
      const number = /<code>([0-9a-f-]{36})<\/code>/.exec(body)?.[1];
      const logged = production.logged.find(({ id }) => id === number);
      assert.match(String(logged?.detail), /evil\.example/);
    } finally {
      await production.stop();
    }
  });
});

describe('redirect URIs of native applications (RFC 8252 section 7.3)', () => {
  const cases: [string, boolean][] = [
    ['http://127.0.0.1:49152/done', true],
    ['http://127.0.0.1/done', true],
    ['http://[::1]:1/done', true],
    ['http://localhost:7000/done', true],
    ['http://localhost:7001/done', true],
    ['http://localhost/done', true],
    ['http://localhost:7001/other', false],
    ['http://localhost.evil.example:7001/done', false],
    ['https://localhost:7001/done', false],
    ['http://127.0.0.1:49152/other', false],
    ['http://127.0.0.1:49152/done?x', false],
    ['http://127.0.0.1:65536/done', false],
    ['http://127.0.0.1:/done', false],
    ['https://127.0.0.1:49152/done', false],
    ['http://127.0.0.2:49152/done', false],
    ['http://127.0.0.1@evil.example:80/done', false],
    ['http://127.0.0.1.evil.example:80/done', false],
  ];
  for (const [uri, accepted] of cases)
    test(`${accepted ? 'accepts' : 'refuses'} ${uri}`, async () => {
      const reply = await get(cis2.authorizeUrl(native, { redirect_uri: uri }));
      assert.equal(reply.status, accepted ? 302 : 400);
    });
  test('refuses another port of a web application', async () => {
    const web = await cis2.register({ redirectUris: ['http://127.0.0.1/done'] });
    assert.equal(
      (await get(cis2.authorizeUrl(web, { redirect_uri: 'http://127.0.0.1:5000/done' }))).status,
      400,
    );
  });
});

// Once client and address are known, errors go back with state and iss (RFC 9207 section 2).
describe('authorization errors that are sent to the client', () => {
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  type Case = [string, () => Cis2Registration, Record<string, string | undefined>, string];
  const essential = (values: string[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } });
  const cases: Case[] = [
    ['no response_type', () => nhs, { response_type: undefined }, 'invalid_request'],
    ['response_type token', () => nhs, { response_type: 'token' }, 'unsupported_response_type'],
    [
      'response_type code id_token',
      () => nhs,
      { response_type: 'code id_token' },
      'unsupported_response_type',
    ],
    ['no scope', () => nhs, { scope: undefined }, 'invalid_scope'],
    ['a scope without openid', () => nhs, { scope: 'profile' }, 'invalid_scope'],
    ['openid in capitals', () => nhs, { scope: 'OpenID' }, 'invalid_scope'],
    ['a malformed scope', () => nhs, { scope: 'openid  profile' }, 'invalid_scope'],
    ['an unknown scope, published profile', () => nhs, { scope: 'openid odscodes' }, 'invalid_scope'],
    ['offline_access without refresh tokens', () => nhs, { scope: 'openid offline_access' }, 'invalid_scope'],
    [
      'an unknown scope, standard profile',
      () => standard,
      { scope: 'openid odscodes', prompt: 'none' },
      'login_required',
    ],
    ['an unknown response_mode', () => nhs, { response_mode: 'fragment' }, 'invalid_request'],
    [
      'a plain challenge',
      () => nhs,
      { code_challenge: challenge, code_challenge_method: 'plain' },
      'invalid_request',
    ],
    ['a challenge without method', () => nhs, { code_challenge: challenge }, 'invalid_request'],
    ['a method without challenge', () => nhs, { code_challenge_method: 'S256' }, 'invalid_request'],
    [
      'a short challenge',
      () => nhs,
      { code_challenge: 'abc', code_challenge_method: 'S256' },
      'invalid_request',
    ],
    ['no challenge where it is required', () => pkce, {}, 'invalid_request'],
    ['prompt none with login', () => nhs, { prompt: 'none login' }, 'invalid_request'],
    ['an unknown prompt', () => nhs, { prompt: 'create' }, 'invalid_request'],
    ['max_age that is no number', () => nhs, { max_age: 'soon' }, 'invalid_request'],
    ['a negative max_age', () => nhs, { max_age: '-1' }, 'invalid_request'],
    ['claims that are no JSON', () => nhs, { claims: '{' }, 'invalid_request'],
    ['claims that are a list', () => nhs, { claims: '[]' }, 'invalid_request'],
    [
      'a claim request that is a string',
      () => nhs,
      { claims: '{"userinfo":{"name":"x"}}' },
      'invalid_request',
    ],
    ['an id_token_hint that is none', () => nhs, { id_token_hint: 'x.y.z' }, 'invalid_request'],
    ['a request object', () => nhs, { request: 'eyJ' }, 'request_not_supported'],
    ['a request_uri', () => nhs, { request_uri: 'https://app.example.test/r' }, 'request_uri_not_supported'],
    ['a registration', () => nhs, { registration: '{}' }, 'registration_not_supported'],
    [
      'an essential acr that is unknown',
      () => nhs,
      { claims: essential(['GOLD']) },
      'unmet_authentication_requirements',
    ],
    ['prompt none without a session', () => nhs, { prompt: 'none' }, 'login_required'],
    ['prompt none with an unknown acr', () => nhs, { prompt: 'none', acr_values: 'GOLD' }, 'login_required'],
  ];
  for (const [name, client, parameters, error] of cases)
    test(`answers ${error} for ${name}`, async () => {
      const reply = await get(cis2.authorizeUrl(client(), parameters));
      assert.equal(reply.status, 302);
      assert.ok(reply.location.startsWith(`${client().redirectUris[0]}?`));
      const { error_description, ...rest } = sentBack(reply);
      assert.ok(error_description);
      assert.deepEqual(rest, { error, state: 'state-1', iss: cis2.issuer });
      assert.equal(reply.headers['cache-control'], 'no-store');
      assert.equal(reply.headers['referrer-policy'], 'no-referrer');
    });

  test('never returns a lower level than requested', async () => {
    const production = await startInstance({ development: false });
    try {
      const client = await production.register();
      for (const asked of [
        { claims: essential(['AAL2_NHSMAIL']) },
        { acr_values: 'AAL2_NHSMAIL' },
        { acr_values: 'AAL1_USERPASS' },
      ]) {
        const reply = await get(production.authorizeUrl(client, asked));
        assert.equal(sentBack(reply).error, 'unmet_authentication_requirements');
      }
    } finally {
      await production.stop();
    }
  });

  test('returns state unchanged, and none when none was sent', async () => {
    const odd = 'a b+c&d=e#f%20ü"<>';
    assert.equal(sentBack(await get(cis2.authorizeUrl(nhs, { prompt: 'none', state: odd }))).state, odd);
    assert.ok(
      !('state' in sentBack(await get(cis2.authorizeUrl(nhs, { prompt: 'none', state: undefined })))),
    );
  });

  test('keeps the query of a registered address', async () => {
    const reply = await get(
      cis2.authorizeUrl(nhs, { prompt: 'none', redirect_uri: 'https://app.example.test/other?a=1' }),
    );
    assert.ok(reply.location.startsWith('https://app.example.test/other?a=1&error=login_required'));
  });

  test('answers form_post with a page that also works without script', async () => {
    const state = '"><script>alert(1)</script>';
    const reply = await get(cis2.authorizeUrl(nhs, { prompt: 'none', response_mode: 'form_post', state }));
    assert.equal(reply.status, 200);
    const csp = String(reply.headers['content-security-policy']);
    assert.match(csp, /form-action 'self' https:\/\/app\.example\.test https:;/);
    assert.match(csp, /script-src 'sha256-[A-Za-z0-9+/=]+';/);
    assert.match(reply.body, /<form method="post" action="https:\/\/app\.example\.test\/callback">/);
    assert.match(reply.body, /name="error" value="login_required"/);
    assert.match(reply.body, /name="state" value="&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
    assert.match(reply.body, /<button>Continue<\/button>/);
  });
});

describe('parameters that are ignored', () => {
  for (const extra of [
    { display: 'popup' },
    { ui_locales: 'cy en' },
    { claims_locales: 'cy' },
    { login_hint: '656005750108' },
    { max_age: '2147483647' },
    { unknown: 'x' },
    { claims: '{"userinfo":{"name":{"essential":true},"email":null,"x":null},"more":1}' },
    { acr_values: 'GOLD AAL3_ANY' },
  ])
    test(`ignores ${JSON.stringify(extra)}`, async () => {
      const reply = await get(cis2.authorizeUrl(nhs, extra));
      assert.equal(reply.status, 302);
      assert.match(reply.location, /\/interaction\/[\w-]{43}$/);
    });
});

describe('POST /authorize', () => {
  test('enters again by GET, so that the browser sends its Lax cookies', async () => {
    await cis2.agent.signIn(gp.uid);
    const browser = new Browser();
    await cis2.signIn(browser, nhs);
    const query = new URL(cis2.authorizeUrl(nhs, { prompt: 'none' })).searchParams;
    const posted = await new Browser().post(`${cis2.issuer}/authorize`, Object.fromEntries(query));
    assert.equal(posted.status, 303);
    const reply = await browser.get(posted.location);
    assert.ok(sentBack(reply).code);
    cis2.agent.idle();
  });
  test('accepts only a form that fits into an address', async () => {
    const json = await send('POST', `${cis2.issuer}/authorize`, { 'content-type': 'application/json' }, '{}');
    assert.equal(json.status, 400);
    const values = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`p${i}`, 'x'.repeat(1000)]));
    assert.match((await new Browser().post(`${cis2.issuer}/authorize`, values)).body, /too long/);
  });
  test('refuses a body over 64 KiB before it is read', async () => {
    const reply = await new Browser().post(`${cis2.issuer}/authorize`, { x: 'x'.repeat(70_000) });
    assert.equal(reply.status, 413);
  });
});
