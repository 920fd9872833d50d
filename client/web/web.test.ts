import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createCombined } from '../combined.ts';
import { platformAt } from '../config.ts';
import { ClientError } from '../errors.ts';
import { createSeparate } from '../exchange.ts';
import type { LogoutReceiver } from '../logout.ts';
import { testClock } from '../testing/clock.ts';
import { rsaKey } from '../testing/keys.ts';
import { type PlatformAnswer, PUBLISHED_TOKENS, startPlatform } from '../testing/platform.ts';
import { nextPage } from './adapters.ts';
import {
  createWebSignIn,
  memorySessions,
  type SessionStore,
  type WebSignIn,
  type WebSignInSettings,
} from './index.ts';

const origin = 'https://clinic.example';
const ROLES = ['555254240100', '555254241101'].map((person_roleid) => ({ person_roleid, org_code: 'A9A5A' }));
const userinfo = { body: { sub: '656005750107', name: 'Example', nhsid_nrbac_roles: ROLES } };

interface Visit {
  method?: string;
  headers?: Record<string, string>;
  form?: Record<string, string>;
}

/** An application at a stub of the platform, and a browser that keeps its cookies. */
async function application(
  t: TestContext,
  over: Partial<WebSignInSettings> = {},
  answers: PlatformAnswer[] = [{}, userinfo],
) {
  const platform = await startPlatform(...answers);
  t.after(platform.close);
  const clock = testClock();
  const pattern = createCombined({
    ...platformAt(`${platform.origin}/oauth2`),
    clientId: 'id',
    clientSecret: 'secret',
    redirectUri: `${origin}/callback`,
    clock,
  });
  const web = createWebSignIn({ origin, pattern, clock, ...over });
  return { platform, clock, web, browser: browserOf(web) };
}

function browserOf(web: WebSignIn) {
  const jar = new Map<string, string>();
  const lines: string[] = [];
  const requestOf = (path: string, { method = 'GET', headers = {}, form }: Visit = {}) =>
    new Request(`${web.origin}${path}`, {
      method,
      headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; '), ...headers },
      body: form && new URLSearchParams(form),
    });
  const keep = (response: Response | undefined): Response => {
    assert.ok(response, 'no handler responded');
    for (const line of response.headers.getSetCookie()) {
      lines.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  return {
    jar,
    lines,
    requestOf,
    visit: async (path: string, visit?: Visit) => keep(await web.handle(requestOf(path, visit))),
    page: async (path: string, visit?: Visit) => {
      const outcome = await web.guard(requestOf(path, visit), ({ user }) => user.name);
      return outcome instanceof Response ? keep(outcome) : outcome;
    },
    async signIn(path = '/sign-in') {
      const started = await this.visit(path);
      const state = new URL(started.headers.get('location') ?? '').searchParams.get('state');
      return this.visit(`/callback?code=code&state=${state}`);
    },
  };
}

const own = { 'sec-fetch-site': 'same-origin' };

/** The separate pattern at services that do not run. */
const unreachable = () =>
  createSeparate({
    cis2: {
      issuer: 'http://127.0.0.1:1/cis2',
      clientId: 'id',
      redirectUri: `${origin}/callback`,
      authentication: { method: 'client_secret_post', clientSecret: 'secret' },
    },
    platform: { tokenUrl: 'http://127.0.0.1:1/token', clientId: 'id', key: rsaKey('k') },
  });

describe('createWebSignIn', () => {
  test('signs in and shows the requested page', async (t) => {
    const { browser, web } = await application(t);
    const first = await browser.page('/patients?tab=2');
    assert.ok(first instanceof Response);
    assert.equal(first.headers.get('location'), '/sign-in?to=%2Fpatients%3Ftab%3D2');
    const back = await browser.signIn('/sign-in?to=%2Fpatients%3Ftab%3D2');
    assert.deepEqual([back.status, back.headers.get('location')], [302, '/patients?tab=2']);
    assert.equal(await browser.page('/patients'), 'Example');
    const session = await web.session(browser.requestOf('/'));
    assert.deepEqual([session?.user.id, session?.roleId], ['656005750107', undefined]);
    assert.equal(await session?.tokens.freshToken(), PUBLISHED_TOKENS.access_token);
    assert.deepEqual([...browser.jar.keys()], ['__Host-app-session']);
    for (const line of browser.lines) assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax; Secure/);
  });

  for (const to of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'x',
    '/a\nb',
    `/${'a'.repeat(2000)}`,
  ]) {
    test(`does not return to ${JSON.stringify(to.slice(0, 30))}`, async (t) => {
      const { browser } = await application(t);
      const back = await browser.signIn(`/sign-in?to=${encodeURIComponent(to)}`);
      assert.equal(back.headers.get('location'), '/');
    });
  }

  test('accepts a callback only in the browser that started it, and once', async (t) => {
    const { browser, web } = await application(t);
    const started = await browser.visit('/sign-in');
    const state = new URL(started.headers.get('location') ?? '').searchParams.get('state');
    const other = await browserOf(web).visit(`/callback?code=code&state=${state}`);
    assert.equal(other.status, 400);
    assert.match(await other.text(), /not started in this browser/);
    assert.equal((await browser.visit(`/callback?code=code&state=${state}`)).status, 302);
    assert.equal((await browser.visit(`/callback?code=code&state=${state}`)).status, 400);
  });

  test('two tabs sign in at once', async (t) => {
    const { browser } = await application(t, {}, [{}, userinfo, {}, userinfo]);
    const states = [];
    for (const path of ['/sign-in?to=/a', '/sign-in?to=/b']) {
      const started = await browser.visit(path);
      states.push(new URL(started.headers.get('location') ?? '').searchParams.get('state'));
    }
    const ends = [];
    for (const state of states) {
      const back = await browser.visit(`/callback?code=code&state=${state}`);
      ends.push(back.headers.get('location'));
    }
    assert.deepEqual(ends, ['/a', '/b']);
  });

  test('ignores a changed cookie of a sign-in', async (t) => {
    const { browser } = await application(t);
    const started = await browser.visit('/sign-in');
    const state = new URL(started.headers.get('location') ?? '').searchParams.get('state');
    for (const [name, value] of browser.jar) browser.jar.set(name, `${value.slice(0, -8)}AAAAAAAA`);
    assert.equal((await browser.visit(`/callback?code=code&state=${state}`)).status, 400);
  });

  test('shows an error of the sign-in, and passes it to the application', async (t) => {
    const failures: unknown[] = [];
    const { browser } = await application(t);
    const started = await browser.visit('/sign-in');
    const state = new URL(started.headers.get('location') ?? '').searchParams.get('state');
    const refused = await browser.visit(
      `/callback?error=access_denied&error_description=%3Cb%3E&state=${state}`,
    );
    assert.equal(refused.status, 400);
    const text = await refused.text();
    assert.ok(text.includes('access_denied: &#60;b&#62;'), text);
    assert.equal(browser.jar.size, 0);
    const onFailure = (failure: { error?: unknown }) => {
      failures.push(failure.error);
      return new Response('own page', { status: 400 });
    };
    const other = await application(t, { onFailure });
    const again = await other.browser.visit('/sign-in');
    const second = new URL(again.headers.get('location') ?? '').searchParams.get('state');
    const page = await other.browser.visit(`/callback?error=server_error&state=${second}`);
    assert.equal(await page.text(), 'own page');
    assert.ok(failures[0] instanceof ClientError);
  });

  test('ends after 15 minutes without use, and after 12 hours', async (t) => {
    const { browser, clock } = await application(t, {}, [{}, userinfo, {}, userinfo]);
    await browser.signIn();
    clock.advance(14 * 60);
    assert.equal(await browser.page('/'), 'Example');
    clock.advance(14 * 60);
    assert.equal(await browser.page('/'), 'Example');
    clock.advance(15 * 60);
    assert.ok((await browser.page('/')) instanceof Response);
    await browser.signIn();
    for (let minutes = 0; minutes < 12 * 60 - 10; minutes += 10) {
      clock.advance(600);
      assert.equal(await browser.page('/'), 'Example', `after ${minutes} minutes`);
    }
    clock.advance(600);
    assert.ok((await browser.page('/')) instanceof Response);
  });

  test('uses a new session id for each sign-in, and ends the former session', async (t) => {
    const { browser, web } = await application(t, {}, [{}, userinfo, {}, userinfo]);
    await browser.signIn();
    const old = browser.jar.get('__Host-app-session');
    const former = browser.requestOf('/');
    await browser.signIn();
    assert.notEqual(browser.jar.get('__Host-app-session'), old);
    assert.equal(await web.session(former), undefined);
  });

  test('selects a role of the user', async (t) => {
    const { browser, web } = await application(t);
    await browser.signIn();
    for (const role of ['1', '555254241101', '2']) {
      const form = { role, to: '/patients' };
      const back = await browser.visit('/role', { method: 'POST', headers: own, form });
      assert.deepEqual([back.status, back.headers.get('location')], [303, '/patients']);
    }
    assert.equal((await web.session(browser.requestOf('/')))?.roleId, '555254241101');
  });

  test('leads to CIS2 for another role than the one that was selected there', async (t) => {
    const store = memorySessions();
    const sessions: SessionStore = {
      ...store,
      create: (key, session, until) =>
        store.create(key, { ...session, roleId: '555254240100', isRoleOfCis2: true }, until),
    };
    const { browser, web } = await application(t, { sessions });
    await browser.signIn();
    const select = (role: string) =>
      browser.visit('/role', { method: 'POST', headers: own, form: { role, to: '/patients?tab=2' } });
    assert.equal((await select('555254240100')).headers.get('location'), '/patients?tab=2');
    const onward = await select('555254241101');
    assert.equal(onward.status, 200);
    const to = '/sign-in?role=changed&#38;to=%2Fpatients%3Ftab%3D2';
    assert.match(await onward.text(), new RegExp(`url=${to.replaceAll('?', '\\?')}"`));
    const session = await web.session(browser.requestOf('/'));
    assert.deepEqual([session?.roleId, session?.isRoleOfCis2], ['555254240100', true]);
  });

  test('signs out', async (t) => {
    const { browser, web } = await application(t, { afterSignOut: '/bye' });
    await browser.signIn();
    const before = browser.requestOf('/');
    const out = await browser.visit('/sign-out', { method: 'POST', headers: own });
    assert.deepEqual([out.status, out.headers.get('location')], [303, `${origin}/bye`]);
    assert.equal(browser.jar.size, 0);
    assert.equal(await web.session(before), undefined);
  });

  test('leaves its origin after a form by a page', async (t) => {
    const elsewhere = 'https://portal.example.test/bye';
    const { browser } = await application(t, { afterSignOut: elsewhere });
    const role = await browser.visit('/role', { method: 'POST', headers: own, form: { to: '/patients' } });
    assert.match(await role.text(), /url=\/patients"/);
    await browser.signIn();
    const out = await browser.visit('/sign-out', { method: 'POST', headers: own });
    assert.deepEqual([out.status, out.headers.get('location')], [200, null]);
    assert.ok((await out.text()).includes(`url=${elsewhere}"`));
  });

  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
  ];
  for (const headers of foreign) {
    test(`refuses a form of another site (${JSON.stringify(headers)})`, async (t) => {
      const { browser } = await application(t);
      await browser.signIn();
      assert.equal((await browser.visit('/sign-out', { method: 'POST', headers })).status, 403);
      assert.equal(await browser.page('/'), 'Example');
    });
  }

  test('ends the session when the tokens have ended, as after the card was removed', async (t) => {
    const refusal = { status: 401, body: { error: 'invalid_grant' } };
    const { browser, clock, web } = await application(t, {}, [{}, userinfo, refusal]);
    await browser.signIn();
    clock.advance(600);
    const page = () => web.guard(browser.requestOf('/patients'), ({ tokens }) => tokens.freshToken());
    const outcome = await page();
    assert.ok(outcome instanceof Response);
    assert.equal(outcome.headers.get('location'), '/sign-in?to=%2Fpatients');
    assert.equal(await web.session(browser.requestOf('/')), undefined);
  });

  test('leads a page of Next.js to the sign-in, also when the tokens have ended', async (t) => {
    const refusal = { status: 401, body: { error: 'invalid_grant' } };
    const { browser, clock, web } = await application(t, {}, [{}, userinfo, refusal]);
    const redirect = (to: string): never => {
      throw new Error(`to ${to}`);
    };
    const page = (path: string) =>
      nextPage(web, { headers: async () => browser.requestOf('/').headers, redirect }, path, (session) =>
        session.tokens.freshToken(),
      );
    await assert.rejects(page('/patients'), { message: 'to /sign-in?to=%2Fpatients' });
    await browser.signIn();
    assert.equal(await page('/patients'), PUBLISHED_TOKENS.access_token);
    clock.advance(600);
    await assert.rejects(page('/patients'), { message: 'to /sign-in?to=%2Fpatients' });
    assert.equal(await web.session(browser.requestOf('/')), undefined);
  });

  test('shows a page if a sign-in cannot begin', async (t) => {
    const { browser } = await application(t, {
      pattern: unreachable(),
    });
    const response = await browser.visit('/sign-in');
    assert.equal(response.status, 503);
    assert.match(await response.text(), /You are not signed in.*could not be reached/s);
  });

  test('does not loop when fresh tokens are refused', async (t) => {
    const { browser, web } = await application(t);
    await browser.signIn();
    const outcome = await web.guard(browser.requestOf('/'), () => {
      throw new ClientError('sign_in_required', 'The API refuses the renewed token as well.');
    });
    assert.ok(outcome instanceof Response);
    assert.equal(outcome.status, 403);
    assert.match(await outcome.text(), /The API refuses the renewed token as well/);
    assert.equal(await web.session(browser.requestOf('/')), undefined);
  });

  test('leads a form without a session to the sign-in by a page, and answers a script with 401', async (t) => {
    const { browser } = await application(t);
    const outcome = await browser.page('/save', { method: 'POST' });
    assert.ok(outcome instanceof Response);
    assert.equal(outcome.status, 401);
    const form = await browser.page('/save', { method: 'POST', headers: { accept: 'text/html,*/*' } });
    assert.ok(form instanceof Response);
    assert.equal(form.status, 200);
    assert.match(await form.text(), /http-equiv="refresh" content="0; url=\/sign-in"/);
  });

  test('a refresh does not restore a session that ended during it', async (t) => {
    const store = memorySessions();
    const { browser, clock, web } = await application(t, { sessions: store }, [{}, userinfo, {}]);
    await browser.signIn();
    const session = await web.session(browser.requestOf('/'));
    await browser.visit('/sign-out', { method: 'POST', headers: own });
    clock.advance(580);
    await session?.tokens.freshToken();
    assert.equal(await web.session(browser.requestOf('/')), undefined);
  });

  test('ends the sessions that CIS2 ends', async (t) => {
    const notices = [{ sid: 'another' }, { sub: '656005750107' }];
    const logout: LogoutReceiver = {
      verify: async () => ({ jti: '1', issuedAt: 0 }),
      receive: async (_body, end) => {
        await end({ jti: '1', issuedAt: 0, ...notices.shift() });
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: '' };
      },
    };
    const { browser } = await application(t, { logout });
    await browser.signIn();
    const notify = () =>
      browser.visit('/backchannel-logout', { method: 'POST', form: { logout_token: 'x' } });
    assert.equal((await notify()).status, 200);
    assert.equal(await browser.page('/'), 'Example');
    await notify();
    assert.ok((await browser.page('/')) instanceof Response);
  });

  test('shows a page after sign-out, which does not sign in again', async (t) => {
    const { browser } = await application(t);
    await browser.signIn();
    const out = await browser.visit('/sign-out', { method: 'POST', headers: own });
    assert.equal(out.headers.get('location'), `${origin}/signed-out`);
    const page = await browser.visit('/signed-out');
    assert.equal(page.status, 200);
    assert.match(await page.text(), /You are signed out of this application.*<a href="\/sign-in">/);
  });

  test('leaves other paths to the application', async (t) => {
    const { browser, web } = await application(t);
    for (const [path, method] of [
      ['/', 'GET'],
      ['/sign-in/x', 'GET'],
      ['/sign-out', 'GET'],
      ['/backchannel-logout', 'POST'],
    ] as const) {
      assert.equal(await web.handle(browser.requestOf(path, { method })), undefined, path);
    }
  });

  test('refuses a form that is too long with 413, also without a session', async (t) => {
    const logout: LogoutReceiver = {
      verify: async () => ({ jti: '1', issuedAt: 0 }),
      receive: async () => ({ status: 200, headers: {}, body: '' }),
    };
    const { browser } = await application(t, { logout });
    const form = { role: 'x'.repeat(70_000) };
    const long = await browser.visit('/role', { method: 'POST', headers: own, form });
    assert.equal(long.status, 413);
    assert.equal((await browser.visit('/backchannel-logout', { method: 'POST', form })).status, 413);
  });

  test('refuses a secret that is too short', async (t) => {
    await assert.rejects(application(t, { secret: 'short' }), { code: 'settings_invalid' });
  });

  test('ends the session and says so when CIS2 cannot be reached for the sign-out', async (t) => {
    const sessions = memorySessions();
    const { browser, clock } = await application(t, { sessions });
    await browser.signIn();
    const web = createWebSignIn({ origin, pattern: unreachable(), sessions, clock });
    const later = browserOf(web);
    for (const [name, value] of browser.jar) later.jar.set(name, value);
    assert.ok(await web.session(later.requestOf('/')));
    const out = await later.visit('/sign-out', { method: 'POST', headers: own });
    assert.equal(out.status, 503);
    assert.match(await out.text(), /You are signed out of this application.*CIS2 may not have ended/s);
    assert.deepEqual([...later.jar.keys()], []);
    assert.ok((await browser.page('/')) instanceof Response);
  });

  test('uses cookies without a prefix on plain http, with a name of the application', async (t) => {
    const { browser } = await application(t, { origin: 'http://localhost:3000', name: 'clinic' });
    await browser.signIn();
    assert.deepEqual([...browser.jar.keys()], ['clinic-session']);
    assert.ok(!browser.lines.some((line) => line.includes('Secure')));
  });
});

describe('memorySessions', () => {
  const session = {
    startedAt: 0,
    lastUsedAt: 0,
    tokens: { accessToken: 'a', expiresAt: 0 },
    user: { id: 'u', roles: [] },
  };

  test('refuses new sessions above its limit, until others have expired', async () => {
    const clock = testClock();
    const store = memorySessions({ clock, limit: 2 });
    const until = clock.now() + 1000;
    await store.create('a', session, until);
    await store.create('b', session, until);
    await assert.rejects(store.create('c', session, until), { code: 'settings_invalid' });
    clock.advance(1);
    await store.create('c', session, clock.now() + 1000);
    assert.equal(await store.get('a'), undefined);
    assert.ok(await store.get('c'));
  });

  test('does not create a session by a change', async () => {
    const store = memorySessions();
    await store.update('a', { roleId: '1' }, Number.MAX_SAFE_INTEGER);
    assert.equal(await store.get('a'), undefined);
  });
});
