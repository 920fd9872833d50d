import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { publicKeySet } from './keys.ts';
import { createLogoutReceiver, type LogoutNotice, logoutUrl, memoryReplayStore } from './logout.ts';
import { testClock } from './testing/clock.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';
import { SUBJECT, startProvider } from './testing/openid-provider.ts';
import { bodyOf, serve } from './testing/server.ts';

const ISSUER = 'https://am.example.test:443/oauth2';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const key = rsaKey('k');
const clock = testClock();
const now = Math.floor(clock.now() / 1000);
const good = {
  iss: ISSUER,
  aud: 'app',
  iat: now,
  exp: now + 120,
  jti: 'j',
  sid: 's',
  events: { [EVENT]: {} },
};

async function receiver() {
  const server = await serve(() => (_request, response) => {
    response.end(JSON.stringify(publicKeySet([{ ...key, alg: 'RS256' }])));
  });
  const replay = memoryReplayStore({ clock });
  const settings = { issuer: ISSUER, clientId: 'app', jwksUrl: server.origin, replay, clock };
  return { ...createLogoutReceiver(settings), close: server.close };
}
const signed = (claims: object, header: object = {}): Promise<string> =>
  new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k', typ: 'logout+jwt', ...header })
    .sign(privateKeyOf(key));

describe('createLogoutReceiver verify', () => {
  test('returns the session that ends', async (t) => {
    const { verify, close } = await receiver();
    t.after(close);
    assert.deepEqual(await verify(await signed({})), {
      jti: 'j',
      sid: 's',
      sub: undefined,
      issuedAt: now * 1000,
    });
    const bySubject = await verify(await signed({ sid: undefined, sub: SUBJECT, jti: 'j2' }, { typ: 'JWT' }));
    assert.equal(bySubject.sub, SUBJECT);
    assert.ok(await verify(await signed({ jti: 'j3', exp: undefined }, { typ: undefined })));
  });

  test('names the broken rule of a refused token, and does not use up its id', async (t) => {
    const { verify, close } = await receiver();
    t.after(close);
    const broken: [Promise<string> | string, string][] = [
      [signed({ iss: 'https://am.example.test/oauth2' }), 'issuer'],
      [signed({ aud: 'other' }), 'audience'],
      [signed({ iat: now - 331, exp: undefined }), 'expired'],
      [signed({ iat: now + 31 }), 'not_yet_valid'],
      [signed({ iat: undefined }), 'claim'],
      [signed({ exp: now - 31 }), 'expired'],
      [signed({ events: { other: {} } }), 'events'],
      [signed({ events: { [EVENT]: 'x' } }), 'events'],
      [signed({ events: undefined }), 'claim'],
      [signed({ nonce: 'n' }), 'nonce'],
      [signed({ sid: undefined }), 'subject'],
      [signed({ jti: undefined }), 'claim'],
      [signed({}, { typ: 'at+jwt' }), 'type'],
      [signed({}, { alg: 'RS512' }), 'algorithm'],
      [signed({}, { kid: 'unknown' }), 'key'],
      [new UnsecuredJWT(good).encode(), 'algorithm'],
      ['nonsense', 'malformed'],
    ];
    for (const [token, fault] of broken) {
      await assert.rejects(verify(await token), { code: 'logout_token_invalid', fault });
    }
    assert.ok(await verify(await signed({})));
  });

  test('accepts a token once', async (t) => {
    const { verify, close } = await receiver();
    t.after(close);
    const token = await signed({});
    const outcomes = await Promise.allSettled([verify(token), verify(token), verify(token)]);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    await assert.rejects(verify(token), { fault: 'replayed' });
  });
});

describe('createLogoutReceiver receive', () => {
  test('returns 200 after the sessions ended, and 400 without effect otherwise', async (t) => {
    const { receive, close } = await receiver();
    t.after(close);
    const ended: LogoutNotice[] = [];
    const end = (notice: LogoutNotice) => void ended.push(notice);
    const body = new URLSearchParams({ logout_token: await signed({}) }).toString();
    assert.deepEqual(await receive(body, end), {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: '{}',
    });
    for (const bad of [body, '', 'logout_token=', `${body}&${body}`, 'x'.repeat(70_000)]) {
      assert.equal((await receive(bad, end)).status, 400);
    }
    assert.deepEqual(
      ended.map(({ sid }) => sid),
      ['s'],
    );
  });

  test('accepts a token again if ending the sessions failed', async (t) => {
    const { receive, close } = await receiver();
    t.after(close);
    const body = new URLSearchParams({ logout_token: await signed({}) }).toString();
    const failing = () => Promise.reject(new Error('database'));
    await assert.rejects(receive(body, failing), { message: 'database' });
    assert.equal((await receive(body, () => undefined)).status, 200);
  });

  test('accepts tokens of a third-party provider with discovered keys', async (t) => {
    const ended: LogoutNotice[] = [];
    const application = await serve(() => async (request, response) => {
      const answer = await logout.receive(await bodyOf(request), (notice) => void ended.push(notice));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    const provider = await startProvider({
      clients: [
        {
          client_id: 'app',
          client_secret: 'secret',
          redirect_uris: ['http://localhost/callback'],
          backchannel_logout_uri: `${application.origin}/logout`,
          backchannel_logout_session_required: true,
        },
      ],
    });
    t.after(() => Promise.all([application.close(), provider.close()]));
    const replay = memoryReplayStore();
    const logout = createLogoutReceiver({ issuer: provider.issuer, clientId: 'app', replay });
    await provider.sendLogout('app', SUBJECT, 'session-1');
    assert.deepEqual(
      ended.map(({ sub, sid }) => [sub, sid]),
      [[SUBJECT, 'session-1']],
    );
  });
});

test('logoutUrl contains the given parameters only', () => {
  const endSessionUrl = 'https://am.example.test:443/connect/endSession';
  assert.equal(logoutUrl({ endSessionUrl }), endSessionUrl);
  const url = logoutUrl({
    endSessionUrl,
    idTokenHint: 'a.b.c',
    postLogoutRedirectUri: 'https://x.test/?a=1&b',
    state: 's',
  });
  assert.equal(
    url,
    `${endSessionUrl}?id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Fx.test%2F%3Fa%3D1%26b&state=s`,
  );
});
