import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HttpSession, scrape, signIn } from '../testing/scraper.ts';
import { type Surface, startSurface } from '../testing/surface.ts';

let surface: Surface;
let clientId: string;
const redirectUri = 'https://app.example.test/callback';
before(async () => {
  surface = await startSurface();
  clientId = (await surface.register()).cis2.clientId;
});
after(() => surface.stop());

const asking = (more: Record<string, string> = {}): Record<string, string> => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: 'openid',
  state: 'state-1',
  ...more,
});
const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(asking()).filter(([key]) => key !== name));
const show = (query: Record<string, string>, realm?: string) =>
  new HttpSession().request(`${surface.at('auth', realm)}?${new URLSearchParams(query)}`);

describe('the sign-in form', () => {
  test('has an id, a method, an absolute action with the state, and a name and value for each input', async () => {
    const answer = await show(asking({ state: 'a&b"c=d' }));
    const form = scrape(await answer.text());
    assert.equal(form.id, 'kc-form-login');
    assert.equal(form.method, 'post');
    assert.deepEqual(form.inputs, { username: '', login: 'Sign In' });
    const action = new URL(form.action);
    assert.equal(action.origin, surface.origin);
    assert.equal(action.searchParams.get('state'), 'a&b"c=d');
  });

  test('sets no cookie and names its target in the policy', async () => {
    const answer = await show(asking());
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /form-action 'self' https:\/\/app\.example\.test http: https:;/,
    );
  });

  test('allows redirects to applications after the callback of the platform', async () => {
    const callback = `${surface.platform.url}/oauth2-mock/callback`;
    const answer = await show(asking({ client_id: 'test-client-cis2', redirect_uri: callback }));
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.ok(policy.includes(`form-action 'self' ${surface.platform.url} http: https:;`), policy);
  });

  test('needs the username only, and redirects to the client with 302', async () => {
    const session = new HttpSession();
    const form = scrape(await (await show(asking())).text());
    const answer = await session.post(form.action, { username: '656005750108' });
    assert.equal(answer.status, 302);
    const back = new URL(answer.headers.get('location') ?? '');
    assert.equal(back.origin + back.pathname, redirectUri);
    assert.equal(back.searchParams.get('state'), 'state-1');
    assert.match(back.searchParams.get('code') ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.equal(back.searchParams.get('iss'), surface.realm());
    assert.deepEqual(answer.headers.getSetCookie(), []);
  });

  test('can be submitted repeatedly from any browser without a limit', async () => {
    const { action } = scrape(await (await show(asking())).text());
    const post = () => new HttpSession().post(action, { username: '656005750108' });
    const answers = await Promise.all(Array.from({ length: 40 }, post));
    const codes = answers.map((answer) =>
      new URL(answer.headers.get('location') ?? '').searchParams.get('code'),
    );
    assert.equal(new Set(codes).size, 40);
  });

  test('returns no state for a request without one', async () => {
    const back = await signIn(surface, without('state'));
    assert.ok(back.searchParams.has('code') && !back.searchParams.has('state'));
  });

  test('ignores prompt, acr_values, max_age and scope', async () => {
    for (const more of [
      { prompt: 'none' },
      { acr_values: 'AAL3_ANY' },
      { max_age: '0' },
      { scope: 'x y z' },
    ] as Record<string, string>[])
      assert.ok(
        (await signIn(surface, asking(more), '656005750110')).searchParams.has('code'),
        JSON.stringify(more),
      );
  });

  test('redirects a client of the mock to any address and keeps its query', async () => {
    for (const redirect_uri of [
      'https://example.org',
      'https://google.com/?a=b',
      'http://localhost:1/callback',
    ]) {
      const back = await signIn(surface, asking({ client_id: 'test-client-cis2', redirect_uri }));
      assert.ok(back.href.startsWith(redirect_uri.split('?')[0] ?? ''), back.href);
      assert.ok(back.searchParams.has('code'));
    }
  });

  test('accepts an authorization request by POST', async () => {
    const answer = await new HttpSession().post(surface.at('auth'), asking());
    assert.equal(answer.status, 200);
    assert.equal(new URL(scrape(await answer.text()).action).searchParams.get('client_id'), clientId);
  });

  test('responds to response_mode=form_post with a form of hidden fields', async () => {
    const form = scrape(await (await show(asking({ response_mode: 'form_post' }))).text());
    const answer = await new HttpSession().post(form.action, { ...form.inputs, username: '656005750108' });
    const posted = scrape(await answer.text());
    assert.equal(posted.action, redirectUri);
    assert.equal(posted.inputs.state, 'state-1');
    assert.ok(posted.inputs.code);
  });
});

describe('the authorization endpoint', () => {
  for (const username of [
    '000000000000',
    '656005750199',
    'nobody',
    '',
    '9912003071',
    '../people',
    'x'.repeat(9_000),
  ])
    test(`shows the form again with 400 for the user id "${username.slice(0, 20)}"`, async () => {
      const { action } = scrape(await (await show(asking())).text());
      const answer = await new HttpSession().post(action, { username });
      assert.equal(answer.status, 400);
      assert.equal(scrape(await answer.text()).action, action);
    });

  const pages: [string, () => Record<string, string>][] = [
    ['a request without a client', () => without('client_id')],
    ['an unknown client', () => asking({ client_id: 'nobody' })],
    ['a request without redirect_uri', () => without('redirect_uri')],
    ['an unregistered redirect_uri', () => asking({ redirect_uri: `${redirectUri}/` })],
    [
      'a redirect_uri with a script',
      () => asking({ client_id: 'test-client-cis2', redirect_uri: 'javascript:alert(1)' }),
    ],
    [
      'a redirect_uri with a fragment',
      () => asking({ client_id: 'test-client-cis2', redirect_uri: 'https://a.test/#b' }),
    ],
    [
      'a redirect_uri with credentials',
      () => asking({ client_id: 'test-client-cis2', redirect_uri: 'https://a:b@c.test/' }),
    ],
    [
      'a redirect_uri with a line break',
      () => asking({ client_id: 'test-client-cis2', redirect_uri: 'https://a.test/\r\nx: y' }),
    ],
  ];
  for (const [name, query] of pages)
    test(`shows an error page and does not redirect for ${name}`, async () => {
      const answer = await show(query());
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.get('location'), null);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    });

  const redirects: [string, () => Record<string, string>, string][] = [
    ['a request without response_type', () => without('response_type'), 'unsupported_response_type'],
    ['response_type=token', () => asking({ response_type: 'token' }), 'unsupported_response_type'],
    ['response_mode=fragment', () => asking({ response_mode: 'fragment' }), 'invalid_request'],
    ['a plain PKCE challenge', () => asking({ code_challenge: 'a'.repeat(43) }), 'invalid_request'],
  ];
  for (const [name, query, error] of redirects)
    test(`redirects the error to the client for ${name}`, async () => {
      const answer = await show(query());
      assert.equal(answer.status, 302);
      const { searchParams } = new URL(answer.headers.get('location') ?? '');
      assert.equal(searchParams.get('error'), error);
      assert.equal(searchParams.get('state'), 'state-1');
    });

  test('refuses a repeated parameter except scope, which has no effect', async () => {
    const answer = await fetch(`${surface.at('auth')}?${new URLSearchParams(asking())}&state=other`);
    assert.equal(answer.status, 400);
    const scopes = await fetch(`${surface.at('auth')}?${new URLSearchParams(asking())}&scope=other`);
    assert.equal(scopes.status, 200);
  });

  test('refuses a revoked application', async () => {
    const revoked = await surface.register({}, { status: 'revoked' });
    assert.equal((await show(asking({ client_id: revoked.cis2.clientId }))).status, 400);
  });

  for (const realm of [
    'Cis2-mock-',
    'Cis2-real-int',
    'NHS-Login-mock-a_b',
    'master',
    'Cis2-mock-%2e%2e',
    '__proto__',
  ])
    for (const endpoint of ['auth', 'certs', 'userinfo'])
      test(`responds with 404 for the realm ${realm} at ${endpoint}`, async () => {
        const answer = await fetch(surface.at(endpoint, realm));
        assert.equal(answer.status, 404);
        assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      });

  test('responds with 503 while the directory is down', async () => {
    const { action } = scrape(await (await show(asking())).text());
    surface.directory.down = true;
    try {
      assert.equal((await new HttpSession().post(action, { username: '656005750108' })).status, 503);
    } finally {
      surface.directory.down = false;
    }
  });
});

describe('text from outside', () => {
  const attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
  test('is escaped in the username, the state and the nonce', async () => {
    const shown = await (await show(asking({ state: attack, nonce: attack }))).text();
    assert.ok(!shown.includes('<script') && !shown.includes('<img'), shown);
    const form = scrape(shown);
    assert.equal(new URL(form.action).searchParams.get('state'), attack);
    const again = await (await new HttpSession().post(form.action, { username: attack })).text();
    assert.ok(!again.includes('<script') && !again.includes('<img'), again);
    assert.equal(scrape(again).inputs.username, attack.slice(0, 64));
  });

  test('is escaped on an error page', async () => {
    const page = await (await show(asking({ client_id: attack }))).text();
    assert.ok(!page.includes('<script') && !page.includes('<img'), page);
  });

  test('is escaped in the page of form_post', async () => {
    const form = scrape(await (await show(asking({ response_mode: 'form_post', state: attack }))).text());
    const page = await (await new HttpSession().post(form.action, { username: '656005750108' })).text();
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.equal(scrape(page).inputs.state, attack);
  });
});
