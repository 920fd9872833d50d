import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt, signJwt, verifySignature } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../oauth/applications.ts';
import { readKeySet } from '../oauth/remote-keys.ts';
import { testClients } from './settings.ts';
import { type Inbox, startInbox } from './testing/inbox.ts';
import { askForTokens, signIn } from './testing/scraper.ts';
import { type Surface, secret, startSurface } from './testing/surface.ts';

let surface: Surface;
let party: Inbox;
let client: Cis2Registration;
before(async () => {
  surface = await startSurface();
  party = await startInbox();
  client = (await surface.register({ backchannelLogoutUri: `${party.url}/logout` })).cis2;
});
after(async () => {
  await surface.stop();
  await party.stop();
});
beforeEach(() => {
  surface.platform.received.length = 0;
  party.received.length = 0;
});

const redirect_uri = 'https://app.example.test/callback';
async function tokensOf(client_id: string, client_secret: string, realm?: string, username?: string) {
  const back = await signIn(surface, { response_type: 'code', client_id, redirect_uri }, username, realm);
  const code = back.searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri, client_id, client_secret };
  return (await askForTokens(surface, form, realm)).body;
}
const own = () => tokensOf(client.clientId, secret);
const goTo = (query: Record<string, string>, realm?: string) =>
  fetch(`${surface.at('logout', realm)}?${new URLSearchParams(query)}`, { redirect: 'manual' });
const statusOf = async (token: string): Promise<number> =>
  (await fetch(surface.at('userinfo'), { headers: { authorization: `Bearer ${token}` } })).status;

/** Returns the received logout token after verifying its signature with the realm's keys. */
async function logoutToken({ received }: Inbox, realm?: string) {
  const jwt = decodeJwt(received[0]?.form.get('logout_token') ?? '');
  assert.ok(jwt, 'no logout token was received');
  const key = readKeySet(await (await fetch(surface.at('certs', realm))).json()).get(String(jwt.header.kid));
  assert.ok(key && (await verifySignature(jwt, 'RS256', key)));
  return jwt;
}

describe('logout with an ID token', () => {
  test('notifies the client and the platform, and ends the access token', async () => {
    const { id_token, access_token } = await own();
    assert.equal(await statusOf(access_token), 200);
    const answer = await goTo({
      id_token_hint: id_token,
      post_logout_redirect_uri: 'https://app.example.test/signed-out',
      state: 's',
    });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('location'), 'https://app.example.test/signed-out?state=s');
    assert.equal(await statusOf(access_token), 401);
    const { sid } = decodeJwt(id_token)?.claims ?? {};
    const atClient = await logoutToken(party);
    assert.equal(atClient.header.typ, 'JWT');
    assert.equal(atClient.claims.aud, client.clientId);
    assert.equal(atClient.claims.sid, sid);
    const atPlatform = await logoutToken(surface.platform);
    assert.equal(surface.platform.received[0]?.path, '/oauth2-mock/backchannel_logout');
    const { iss, aud, events, nonce } = atPlatform.claims;
    assert.deepEqual(
      { iss, aud, events, nonce },
      {
        iss: surface.realm(),
        aud: 'test-client-cis2',
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        nonce: undefined,
      },
    );
  });

  test('notifies each party once for repeated requests', async () => {
    const { id_token } = await own();
    await Promise.all([1, 2, 3].map(() => goTo({ id_token_hint: id_token })));
    assert.equal(party.received.length, 1);
    assert.equal(surface.platform.received.length, 1);
  });

  test('notifies the platform once when its session ends, in either realm', async () => {
    const { clientId, clientSecret } = testClients.cis2;
    const realm = 'NHS-Login-mock-internal-dev';
    const { id_token } = await tokensOf(clientId, clientSecret, realm, '9912003071');
    await goTo({ id_token_hint: id_token }, realm);
    assert.equal(surface.platform.received.length, 1);
    assert.equal((await logoutToken(surface.platform, realm)).claims.iss, surface.realm(realm));
  });

  test('responds with 303 to a POST', async () => {
    const { id_token } = await own();
    const body = { id_token_hint: id_token, post_logout_redirect_uri: 'https://app.example.test/signed-out' };
    const init = { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' } as const;
    assert.equal((await fetch(surface.at('logout'), init)).status, 303);
  });

  test('accepts an expired ID token', async () => {
    const { id_token } = await own();
    surface.clock.advance(7_200);
    await goTo({ id_token_hint: id_token });
    assert.equal(party.received.length, 1);
  });

  test('accepts an ID token signed with an added key of the realm, and ignores one with an unknown key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const claims = { iss: surface.realm(), aud: client.clientId, sub: '1', sid: 'sid-of-a-tester' };
    const hint = await signJwt({ alg: 'RS512', kid: 'mine' }, claims, privateKey);
    await goTo({ id_token_hint: hint });
    assert.equal(party.received.length, 0);
    await surface.realmKeys.add('Cis2-mock-internal-dev', {
      ...publicKey.export({ format: 'jwk' }),
      kid: 'mine',
    });
    await goTo({ id_token_hint: hint });
    assert.equal((await logoutToken(party)).claims.sid, 'sid-of-a-tester');
  });

  test('ends the session also if a relying party fails', async () => {
    party.answer = { status: 500, body: '' };
    surface.platform.answer = { status: 501, body: '{"error_description":"SID not found"}' };
    try {
      const { id_token, access_token } = await own();
      assert.equal((await goTo({ id_token_hint: id_token })).status, 200);
      assert.equal(await statusOf(access_token), 401);
      const outcomes = (await surface.events.list())
        .filter(({ name }) => name === 'cis2.backchannel-logout')
        .slice(-2)
        .map(({ to, outcome }) => `${to} ${outcome}`);
      assert.deepEqual(outcomes.sort(), ['application failed', 'authorisation ok']);
    } finally {
      party.answer = { status: 200, body: '{}' };
      surface.platform.answer = { status: 200, body: '{}' };
    }
  });
});

describe('logout without an ID token', () => {
  test('shows a page and ends no session', async () => {
    const { access_token } = await own();
    const answer = await goTo({});
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /signed out/);
    assert.equal(await statusOf(access_token), 200);
    assert.equal(surface.platform.received.length, 0);
  });

  const refused: [string, Record<string, string>][] = [
    ['an unregistered address', { client_id: 'CLIENT', post_logout_redirect_uri: 'https://evil.test/' }],
    [
      'an address for the mock’s own client',
      { client_id: 'test-client-cis2', post_logout_redirect_uri: 'https://evil.test/' },
    ],
  ];
  for (const [name, query] of refused)
    test(`refuses to redirect to ${name}`, async () => {
      const client_id = query.client_id === 'CLIENT' ? client.clientId : (query.client_id ?? '');
      const answer = await goTo({ ...query, client_id });
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.get('location'), null);
    });
});
