import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { newAuthority } from '../../oauth/testing/certificates.ts';
import { sql } from '../../storage/database.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp } from '../testing/people.ts';
import { type StrongClient, strongClient } from '../testing/strong-client.ts';

// Published vulnerabilities of other providers: sessions, and requests that a server makes for others.
let cis2: Instance;
let client: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
});
after(() => cis2.stop());
beforeEach(async () => {
  await cis2.agent.signIn(gp.uid);
});

const sessionCookie = (browser: Browser) => [...browser.jar].find(([name]) => name.endsWith('-session'))?.[1];

describe('sessions', () => {
  test('CVE-2024-7341: replaces the cookie at sign-in', async () => {
    const browser = new Browser();
    await cis2.signIn(browser, client);
    const first = sessionCookie(browser);
    assert.ok(first);
    await cis2.signIn(browser, client, { prompt: 'login' });
    assert.notEqual(sessionCookie(browser), first);
    const thief = new Browser();
    const name = [...browser.jar.keys()].find((key) => key.endsWith('-session')) ?? '';
    thief.jar.set(name, first);
    cis2.agent.idle();
    const reply = await thief.get(cis2.authorizeUrl(client, { prompt: 'none' }));
    assert.ok(!reply.location.includes('code='));
  });
  test('end together with their tokens, or not at all', async () => {
    const browser = new Browser();
    const redeemed = await redeem(cis2, client, await cis2.signIn(browser, client));
    const hint = new URLSearchParams({ id_token_hint: redeemed.id_token ?? '' });
    const signOut = () => browser.get(`${cis2.issuer}/connect/endSession?${hint}`);
    const userinfo = async () =>
      (await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${redeemed.access_token}` }))
        .status;
    const rename = (from: string, to: string) =>
      cis2.database.run(sql(`ALTER TABLE ${from} RENAME TO ${to}`));
    await rename('token_grant', 'token_grant_away');
    assert.equal((await signOut()).status, 500);
    await rename('token_grant_away', 'token_grant');
    assert.equal(await userinfo(), 200);
    assert.equal((await signOut()).status, 200);
    assert.equal(await userinfo(), 401);
  });
  test('CVE-2023-6787: issues no code after a cancelled prompt=login', async () => {
    const browser = new Browser();
    await cis2.signIn(browser, client);
    cis2.agent.idle();
    cis2.cis.agents = [];
    const { location } = await browser.get(cis2.authorizeUrl(client, { prompt: 'login' }));
    const cancelled = await browser.post(
      location,
      { cancel: '1' },
      { 'sec-fetch-site': 'same-origin', origin: cis2.origin },
    );
    assert.ok(!cancelled.body.includes('code=') && !cancelled.location.includes('code='));
    const resumed = await browser.get(`${location}/resume`);
    assert.ok(!resumed.location.includes('code='));
  });
  test('CVE-2026-19349, CVE-2026-109373: rejects sid, state, code and interaction as a session', async () => {
    const browser = new Browser();
    const back = await cis2.signIn(browser, client);
    const name = [...browser.jar.keys()].find((key) => key.endsWith('-session')) ?? '';
    const row = await cis2.database.get<{ sid: string; cookie_hash: string }>({
      text: 'SELECT sid, cookie_hash FROM cis2_session WHERE uid = ? AND ended_at IS NULL ORDER BY created_at DESC',
      values: [gp.uid],
    });
    cis2.agent.idle();
    for (const value of [row?.sid ?? '', row?.cookie_hash ?? '', 'state-1', codeOf(back)]) {
      const thief = new Browser();
      thief.jar.set(name, value);
      const reply = await thief.get(cis2.authorizeUrl(client, { prompt: 'none' }));
      assert.ok(!reply.location.includes('code='));
    }
  });
  test('CVE-2026-119128, CVE-2026-109373: derives the cookie from no public value', async () => {
    const cookies = new Set<string>();
    for (let time = 0; time < 8; time++) {
      const browser = new Browser();
      const cisSid = await cis2.agent.signIn(gp.uid);
      const back = await cis2.signIn(browser, client);
      const value = sessionCookie(browser) ?? '';
      assert.match(value, /^[\da-f]{12}[\w-]{43}$/, 'its time, and 256 bits');
      cookies.add(value);
      const row = await cis2.database.get<{ sid: string }>(
        sql('SELECT sid FROM cis2_session WHERE cis_session_id = ?', cisSid),
      );
      const seen = [
        row?.sid,
        cisSid,
        gp.uid,
        cis2.agent.id,
        codeOf(back),
        'state-1',
        'nonce-1',
        client.clientId,
      ];
      for (const one of seen)
        for (const two of ['', ...seen])
          for (const text of [`${one}${two}`, `${one}:${two}`, `${one}.${two}`, `${one}|${two}`])
            for (const digest of ['sha256', 'sha512'])
              for (const encoding of ['base64url', 'hex'] as const)
                assert.notEqual(createHash(digest).update(text).digest(encoding).slice(0, 43), value);
    }
    assert.equal(cookies.size, 8);
  });
  test('CVE-2024-24814: refuses thousands of cookies before parsing them', async () => {
    const cookie = Array.from({ length: 400 }, (_, number) => `c${number}=x`).join('; ');
    const reply = await send('GET', cis2.authorizeUrl(client, { prompt: 'none' }), { cookie });
    assert.equal(reply.status, 302);
    const many = Array.from({ length: 4_000 }, (_, number) => `c${number}=x`).join('; ');
    assert.equal((await send('GET', cis2.authorizeUrl(client), { cookie: many })).status, 431);
  });
  test('mod_auth_openidc, 2026: refuses duplicate parameters at every endpoint', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const twice = 'client_id=a&client_id=b';
    for (const path of ['/access_token', '/par', '/introspect', '/token/revoke', '/authorize'])
      assert.equal((await send('POST', `${cis2.issuer}${path}`, type, twice)).status, 400, path);
    for (const path of ['/authorize', '/connect/endSession'])
      assert.equal((await send('GET', `${cis2.issuer}${path}?${twice}`)).status, 400, path);
  });
});

describe('private addresses in production (CVE-2026-1180, CVE-2026-4874, CVE-2026-53513)', () => {
  let production: Instance;
  before(async () => {
    production = await startInstance({ development: false });
    await production.agent.signIn(gp.uid);
  });
  after(() => production.stop());

  for (const address of [
    'http://127.0.0.1:1/jwks',
    'http://[::1]:1/jwks',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/jwks',
    'http://[::ffff:127.0.0.1]:1/jwks',
    'http://0.0.0.0:1/jwks',
    'http://localhost:1/jwks',
  ])
    test(`does not fetch keys from ${address}`, async () => {
      const client = await strongClient(production, { jwks: null, jwksUrl: address });
      const reply = await client.push();
      assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, 'invalid_client']);
      const line = production.logged.find(({ id }) => id === reply.headers['x-request-id']);
      assert.match(String(line?.detail), /cannot be read/);
    });

  test('sends no back-channel logout to a private address', async () => {
    let called = 0;
    const server = createServer((_, response) => {
      called += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const relying = await production.register({ backchannelLogoutUri: `http://127.0.0.1:${port}/` });
      const sessionId = await production.agent.signIn(gp.uid);
      await production.signIn(new Browser(), relying);
      const told = { sessionId, agentId: production.agent.id, uid: gp.uid, generation: 'hscn' } as const;
      await production.sessionEnded({ ...told, cause: 'cardRemoved' });
      await production.background.settled();
      assert.equal(called, 0);
    } finally {
      server.close();
    }
  });
});

test('a client secret does not match its prefix, its hash or another encoding', async () => {
  for (const wrong of [
    secret.slice(0, -1),
    `${secret} `,
    secret.toUpperCase(),
    createHash('sha256').update(secret).digest('base64url'),
    '',
  ]) {
    const form = {
      grant_type: 'authorization_code',
      code: 'x',
      client_id: client.clientId,
      client_secret: wrong,
    };
    const reply = await new Browser().post(`${cis2.issuer}/access_token`, form);
    assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, 'invalid_client']);
  }
});

describe('headers of an untrusted proxy (CVE-2026-33495, CVE-2026-40575, CVE-2026-76835, GHSA-2wmj)', () => {
  let direct: Instance;
  before(async () => {
    direct = await startInstance({}, ':memory:', []);
  });
  after(() => direct.stop());
  const forged = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '444',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-server': 'evil.example',
    'x-forwarded-uri': '/cis2/sessions',
    'x-original-url': '/cis2/sessions',
    'x-original-uri': '/cis2/sessions',
    'x-rewrite-url': '/cis2/sessions',
    'x-real-ip': '203.0.113.9',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-user': gp.uid,
    'x-auth-request-user': gp.uid,
    forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
  };
  const without = ({ body, headers, location, status }: Reply) => ({
    status,
    location: location.replace(/[\w-]{20,}/g, '…'),
    body: body.replace(/[\w-]{20,}/g, '…'),
    cookies: headers['set-cookie']?.map((line) => line.replace(/[\w-]{20,}/g, '…')),
  });

  test('change no response', async () => {
    const party = await direct.register();
    for (const address of [
      `${direct.issuer}/.well-known/openid-configuration`,
      direct.authorizeUrl(party),
      direct.authorizeUrl(party, { prompt: 'none' }),
      direct.authorizeUrl(party, { redirect_uri: 'https://another.example/' }),
      `${direct.issuer}/connect/endSession`,
      `${direct.origin}/account`,
      `${direct.origin}/cis2/sessions`,
    ]) {
      const plain = await new Browser().get(address);
      const told = await new Browser().get(address, forged);
      assert.deepEqual(without(told), without(plain), address);
      assert.ok(!JSON.stringify(told).includes('evil'), address);
    }
  });
  test('do not change the address of a browser', async () => {
    direct.cis.addresses = [];
    await new Browser().get(direct.authorizeUrl(await direct.register()), forged);
    assert.deepEqual([...new Set(direct.cis.addresses)], ['127.0.0.1']);
    // A configured proxy is trusted.
    cis2.cis.addresses = [];
    await new Browser().get(cis2.authorizeUrl(client), { 'x-forwarded-for': '203.0.113.9' });
    assert.deepEqual([...new Set(cis2.cis.addresses)], ['203.0.113.9']);
  });
  test('do not authenticate by a client certificate', async () => {
    const authority = await newAuthority(direct.clock.now());
    const party = await strongClient(direct, {
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [authority.jwk as never] },
    });
    const redeemed = async (at: Instance, who: StrongClient) => {
      await at.agent.signIn(gp.uid);
      return who.redeem(
        codeOf(await at.signIn(new Browser(), who.registration, who.ask())),
        authority.header,
      );
    };
    const reply = await redeemed(direct, party);
    assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, 'invalid_client']);
    const behind = await strongClient(cis2, {
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [authority.jwk as never] },
    });
    assert.equal((await redeemed(cis2, behind)).status, 200);
  });
});
