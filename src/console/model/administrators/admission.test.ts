import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { networkLimits } from '../../../oauth/network-limit.ts';
import { sql } from '../../../storage/database.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';
import { type Administrator, Administrators, actorOf, newAdministrator } from './administrators.ts';
import { AdministratorSessions } from './sessions.ts';

const invitedAs = (name: string) => ({ name, role: 'administrator', organisations: [] }) as const;

const operatorToken = 'operator-token-of-this-test-0123456789';

describe('the console in production', () => {
  let console_: TestConsole;
  let administrators: Administrators;
  before(async () => {
    console_ = await startConsole({ development: false, operatorHash: sha256(operatorToken) });
    administrators = new Administrators(console_.database, console_.clock);
  });
  after(() => console_.close());

  let count = 0;
  /** Creates an administrator with a session from an invitation. */
  async function joined() {
    const administrator = newAdministrator(invitedAs(`Administrator ${++count}`));
    const { statements, cookie } = new AdministratorSessions(
      console_.database,
      console_.clock,
      console_.urls.console,
    ).begin(administrator);
    const key = { id: `key-${count}`, publicKey: 'a2V5', counter: 0 };
    const token = await administrators.invite(administrator);
    assert.ok(await administrators.join(token, administrator, key, statements));
    return { administrator, key, token, cookie: cookie.split(';')[0] ?? '', setCookie: cookie };
  }
  const withCookie = (cookie: string, headers: Record<string, string> = {}) => ({
    headers: { host: 'console.test', cookie, ...headers },
  });
  const statusWith = async (cookie: string, headers?: Record<string, string>) =>
    (await console_.send('/api/v1/state', withCookie(cookie, headers))).status;

  describe('for an administrator', () => {
    let cookie: string;
    let administrator: Administrator;
    beforeEach(async () => {
      ({ cookie, administrator } = await joined());
    });

    test('serves the API, and the page with name and sign-out button', async () => {
      assert.equal(await statusWith(cookie), 200);
      const page = await console_.send('/', withCookie(cookie));
      assert.equal(page.status, 200);
      assert.match(page.text, new RegExp(`Signed in as <strong>${administrator.name}</strong>`));
      for (const label of ['Test system', 'Restore the seed data', 'Workstation'])
        assert.doesNotMatch(page.text, new RegExp(label));
    });

    test('names the administrator in audit records', async () => {
      const last = (await console_.audit.list()).at(-1)?.seq ?? 0;
      await console_.send('/api/v1/products', {
        method: 'POST',
        json: { name: `product-${count}`, apis: ['hello-world'] },
        ...withCookie(cookie, { 'content-type': 'application/json' }),
      });
      const records = await console_.audit.list(last);
      assert.deepEqual(
        records.map(({ action }) => action),
        ['console.call', 'product.created'],
      );
      for (const { actor } of records) assert.equal(actor, actorOf(administrator));
    });

    test('ends the session thirty minutes after the last use', async () => {
      for (let use = 0; use < 3; use++) {
        console_.base.advance(1_700);
        assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'navigate' }), 200);
      }
      console_.base.advance(1_801);
      assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'navigate' }), 401);
    });

    test('does not prolong the session for background requests of the page', async () => {
      console_.base.advance(1_700);
      assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'cors' }), 200);
      console_.base.advance(101);
      assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'cors' }), 401);
    });

    test('ends the session after twelve hours', async () => {
      for (let use = 0; use < 28; use++) {
        console_.base.advance(1_500);
        assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'navigate' }), 200);
      }
      console_.base.advance(1_300);
      assert.equal(await statusWith(cookie, { 'sec-fetch-mode': 'navigate' }), 401);
    });

    test('refuses a removed administrator and still admits the others', async () => {
      const other = await joined();
      assert.equal(await administrators.remove(administrator.id), 'done');
      assert.equal(await administrators.remove(administrator.id), 'unknown');
      assert.equal(await statusWith(cookie), 401);
      assert.equal(await statusWith(other.cookie), 200);
      assert.deepEqual(
        (await administrators.list()).filter(({ id }) => id === administrator.id),
        [],
      );
    });

    test('refuses the cookie after sign-out', async () => {
      const out = await console_.send('/sign-out', { method: 'POST', json: {}, ...withCookie(cookie) });
      assert.equal(out.body.next, '/sign-in');
      assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
      assert.equal(await statusWith(cookie), 401);
    });

    const opened: Record<string, () => Promise<unknown>> = {
      'the administrator signs out': () =>
        console_.send('/sign-out', { method: 'POST', json: {}, ...withCookie(cookie) }),
      'the administrator is removed': () => administrators.remove(administrator.id),
      'the role no longer admits it': () =>
        administrators.changeRole(administrator.id, {
          role: 'registration-authority',
          organisations: ['A1'],
        }),
      'the session has not been used for thirty minutes': async () => console_.base.advance(1_801),
    };
    for (const [what, end] of Object.entries(opened))
      test(`cuts off an open stream when ${what}`, async () => {
        await joined();
        const headers = { host: 'console.test', cookie, accept: 'text/event-stream' };
        const [response] = (await once(
          http.get({ port: console_.port, path: '/api/v1/events', headers, agent: false }),
          'response',
        )) as [IncomingMessage];
        assert.equal(response.statusCode, 200);
        await once(response, 'data');
        const closed = new Promise((resolve) => response.once('close', resolve));
        response.resume().on('error', () => undefined);
        await end();
        await closed;
        assert.equal(response.complete, false, 'the stream looks complete');
      });

    test('serves no resource of development', async () => {
      const nothing = await console_.send('/api/v1/nothing', withCookie(cookie));
      assert.equal(nothing.status, 404);
      for (const [method, path] of [
        ['POST', '/reset'],
        ['GET', '/clock'],
        ['PUT', '/clock'],
        ['GET', '/faults'],
        ['PUT', '/faults/slow'],
        ['POST', '/tokens'],
        ['GET', '/cards'],
        ['POST', '/cards'],
        ['GET', '/readers/0'],
        ['PUT', '/readers/0/card'],
        ['GET', '/agent'],
        ['POST', '/agent/pin'],
        ['GET', '/realms/test/keys'],
        ['POST', '/realms/test/keys'],
        ['POST', '/people/gp/authenticators'],
        ['GET', '/mail'],
      ] as const) {
        const answer = await console_.send(`/api/v1${path}`, { method, ...withCookie(cookie) });
        assert.equal(answer.status, 404, `${method} ${path}`);
        assert.equal(answer.text, nothing.text, `${method} ${path}`);
      }
      const api = await console_.send('/api/v1/openapi.json', withCookie(cookie));
      assert.doesNotMatch(api.text, /"\/(reset|clock|faults|cards|mail|readers)/);
      assert.equal(console_.resets(), 0);
    });

    for (const [name, headers] of [
      ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
      ['another port of this host', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
      ['another origin', { origin: 'http://evil.test' }],
    ] as const)
      test(`refuses a call from a page of ${name}`, async () => {
        for (const [method, path] of [
          ['GET', '/api/v1/state'],
          ['POST', '/api/v1/products'],
          ['POST', '/sign-out'],
          ['POST', '/sign-in'],
          ['POST', '/invite'],
        ] as const) {
          const answer = await console_.send(path, { method, ...withCookie(cookie, headers) });
          assert.equal(answer.status, 403, `${method} ${path}`);
        }
        assert.equal(await statusWith(cookie), 200);
      });

    test('refuses to sign out for a form', async () => {
      const answer = await console_.send('/sign-out', {
        method: 'POST',
        text: 'a=1',
        ...withCookie(cookie, { 'content-type': 'application/x-www-form-urlencoded' }),
      });
      assert.equal(answer.status, 415);
      assert.equal(await statusWith(cookie), 200);
    });
  });

  test('answers 401 with the sign-in address to other cookies and none', async () => {
    const { cookie } = await joined();
    const name = cookie.split('=')[0] ?? '';
    for (const sent of [
      '',
      `${name}=`,
      `${name}=${'a'.repeat(43)}`,
      `${name}=${'a'.repeat(5_000)}`,
      `${cookie}; ${cookie}`,
    ]) {
      const answer = await console_.send('/api/v1/state', withCookie(sent));
      assert.equal(answer.status, 401);
      assert.equal(answer.body.sign_in, 'http://console.test/sign-in');
      assert.ok(answer.headers['www-authenticate']);
      const page = await console_.send('/', withCookie(sent));
      assert.equal(page.status, 401);
      assert.match(page.text, /href="http:\/\/console\.test\/sign-in"/);
    }
  });

  test('admits commands with the access token of the state file only', async () => {
    const asking = (authorization: string, cookie = '') =>
      console_.send('/api/v1/products', {
        method: 'POST',
        json: { name: 'of-the-operator', apis: ['hello-world'] },
        headers: { authorization, ...(cookie ? { cookie } : {}), 'content-type': 'application/json' },
      });
    const { cookie } = await joined();
    for (const wrong of ['', 'Bearer', `Bearer ${operatorToken}x`, `Basic ${operatorToken}`, operatorToken])
      assert.equal((await asking(wrong, cookie)).status, 401, wrong);
    const last = (await console_.audit.list()).at(-1)?.seq ?? 0;
    assert.equal((await asking(`Bearer ${operatorToken}`)).status, 201);
    const records = await console_.audit.list(last);
    assert.ok(records.length > 0);
    for (const { actor } of records) assert.equal(actor, 'local operator');
  });

  test('accepts an invitation once, within an hour', async () => {
    const { token } = await joined();
    const before = (await administrators.list()).length;
    const key = { id: 'another', publicKey: 'a2V5', counter: 0 };
    assert.equal(await administrators.join(token, newAdministrator(invitedAs('Late')), key, []), false);
    const late = await administrators.invite(invitedAs('Late'));
    console_.base.advance(3_601);
    assert.equal(await administrators.join(late, newAdministrator(invitedAs('Late')), key, []), false);
    assert.equal((await console_.send(`/invite/${late}`)).status, 410);
    assert.equal((await administrators.list()).length, before);
    const stored = await console_.database.all({ text: 'SELECT * FROM single_use', values: [] });
    assert.ok(!JSON.stringify(stored).includes(token), 'storage has the hash alone');
  });

  test('refuses to join with a passkey of another administrator and keeps the invitation', async () => {
    const { key } = await joined();
    const token = await administrators.invite(invitedAs('Thief'));
    assert.equal(await administrators.join(token, newAdministrator(invitedAs('Thief')), key, []), false);
    assert.deepEqual(await administrators.invited(token), invitedAs('Thief'));
  });

  test('allows links from other sites only to pages', async () => {
    const visit = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const token = await administrators.invite(invitedAs('Jo'));
    assert.equal((await console_.send('/sign-in', { headers: visit })).status, 200);
    assert.equal((await console_.send(`/invite/${token}`, { headers: visit })).status, 200);
    assert.equal((await console_.send('/api/v1/state', { headers: visit })).status, 403);
    const framed = { ...visit, 'sec-fetch-dest': 'iframe' };
    assert.equal((await console_.send('/sign-in', { headers: framed })).status, 403);
  });
});

test('sets a host-only cookie over https', async () => {
  const console_ = await startConsole({ development: false });
  try {
    const { cookie } = new AdministratorSessions(
      console_.database,
      console_.clock,
      'https://console.example',
    ).begin(newAdministrator(invitedAs('Jo')));
    assert.match(
      cookie,
      /^__Host-console-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200; Expires=[^;]+ GMT$/,
    );
  } finally {
    await console_.close();
  }
});

test('refuses sign-in challenges beyond the limit of a network', async () => {
  const limited = await startConsole({ development: false, networkLimits: networkLimits.parse({ rows: 3 }) });
  const look = () => limited.send('/sign-in', { headers: { host: 'console.test' } });
  for (let n = 0; n < 3; n += 1) assert.equal((await look()).status, 200);
  const refused = await look();
  assert.equal(refused.status, 429);
  const challenges = await limited.database.all(
    sql("SELECT hash FROM single_use WHERE kind = 'administrator-challenge'"),
  );
  assert.equal(challenges.length, 3);
  limited.base.advance(60);
  assert.equal((await look()).status, 200);
  await limited.close();
});
