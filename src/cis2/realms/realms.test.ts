import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CookieNames } from '@alongside/kernel/cookies';
import { decodeJwt } from '@alongside/kernel/jws';
import { silentLog } from '@alongside/kernel/log';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Deliveries } from '../sessions/deliveries.ts';
import { Expiry } from '../sessions/expiry.ts';
import { SessionEnds } from '../sessions/session-ends.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Browser, form, type Reply, send } from '../testing/browser.ts';
import { cheapHash } from '../testing/cheap-hash.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
import { give, next } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';
import { healthcareRealm, passwordRealm, type Realm } from './realm.ts';

// Two realms on one origin and one storage, which must stay separate.
const password = 'green lamp sofa';
const email = 'realms@example.test';
let cis2: Instance;
let rp: RpEndpoint;
let client: Cis2Registration;
let browser: Browser;
let mainTokens: Record<string, string>;

before(async () => {
  [cis2, rp] = await Promise.all([startInstance(), startRpEndpoint()]);
  const body = { email, hash: cheapHash(password) };
  await give(cis2, { uid: nurse.uid, kind: 'password', label: 'Password', lookup: email, body });
});
after(async () => {
  await cis2.stop();
  await rp.stop();
});

const issuerOf = ({ path }: Realm) => `${cis2.origin}${path}`;
const address = (realm: Realm, parameters: Record<string, string> = {}) =>
  cis2.authorizeUrl(client, parameters).replace(cis2.issuer, issuerOf(realm));

async function redeemed(realm: Realm, reply: Reply): Promise<Record<string, string>> {
  const body = form({
    grant_type: 'authorization_code',
    code: codeOf(next(reply)),
    redirect_uri: client.redirectUris[0] ?? '',
    client_id: client.clientId,
    client_secret: secret,
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return JSON.parse((await send('POST', `${issuerOf(realm)}/access_token`, type, body)).body);
}

/** Signs the nurse in with a password and returns the tokens. */
async function withPassword(): Promise<Record<string, string>> {
  const { body } = await browser.get(address(passwordRealm));
  const action = `${cis2.origin}${/<form method="post" action="([^"]+)"/.exec(body)?.[1]}`;
  return redeemed(passwordRealm, await browser.post(action, { username: email, password }));
}

const claimsOf = (token = '') => decodeJwt(token)?.claims ?? {};
const isSignedIn = async (realm: Realm) =>
  /[?&]code=/.test((await browser.get(address(realm, { prompt: 'none' }))).location);
/** Returns the logout tokens for the client of this test. */
const told = () =>
  rp.received
    .map((sent) => claimsOf(sent.get('logout_token') ?? ''))
    .filter(({ aud }) => aud === client.clientId);
const statusOf = async (realm: Realm, token = '') =>
  (await send('GET', `${issuerOf(realm)}/userinfo`, { authorization: `Bearer ${token}` })).status;

/** Returns the rounds of one realm on the same storage. */
function rounds(realm: Realm) {
  const cookies = new CookieNames(cis2.origin, realm.cookies);
  const sessions = new Sessions({ ...cis2, cookies, issuer: issuerOf(realm), unwatchedMethods: [] });
  const quiet = { recorder: { record() {} } as never, log: silentLog, development: true };
  const urls = { api: 'https://api.example.test' } as never;
  const deliveries = new Deliveries({ ...cis2, ...quiet, urls, sessions });
  const expiry = new Expiry({ ...cis2, issuer: issuerOf(realm), idleSignOut: true });
  return { sessions, deliveries, expiry, ends: new SessionEnds({ ...cis2, sessions, deliveries }) };
}

beforeEach(async () => {
  browser = new Browser();
  client = await cis2.register({ backchannelLogoutUri: rp.url });
  await cis2.agent.signIn(gp.uid);
  mainTokens = await redeemed(healthcareRealm, await cis2.signIn(browser, client));
  rp.answer = { status: 200, body: '{}' };
  rp.received = [];
});
afterEach(async () => {
  await cis2.background.settled();
});

describe('browser with a session in both realms', () => {
  test('keeps the sessions of different people', async () => {
    const { id_token } = await withPassword();
    assert.equal(claimsOf(id_token).sub, nurse.uid);
    assert.ok(await isSignedIn(passwordRealm));
    assert.ok(await isSignedIn(healthcareRealm));
    const again = await redeemed(healthcareRealm, await browser.get(address(healthcareRealm)));
    assert.equal(claimsOf(again.id_token).sub, gp.uid);
    assert.equal(claimsOf(again.id_token).sid, claimsOf(mainTokens.id_token).sid);
    await cis2.background.settled();
    assert.deepEqual(told(), []);
  });
  test('signs out of one realm after its confirmation', async () => {
    await withPassword();
    const question = await browser.get(`${issuerOf(passwordRealm)}/connect/endSession`);
    const [, action = '', value = ''] =
      /action="([^"]+)">\s*<input type="hidden" name="question" value="([^"]+)"/.exec(question.body) ?? [];
    assert.equal(action, passwordRealm.signOutPath);
    const elsewhere = `${cis2.origin}${healthcareRealm.signOutPath}`;
    assert.equal((await browser.post(elsewhere, { question: value })).status, 400);
    assert.ok(await isSignedIn(passwordRealm));
    assert.equal((await browser.post(`${cis2.origin}${action}`, { question: value })).status, 200);
    assert.equal(await isSignedIn(passwordRealm), false);
    assert.ok(await isSignedIn(healthcareRealm));
  });
  test('attack: rejects the cookie of one realm under the name of the other', async () => {
    await withPassword();
    const names = [...browser.jar.keys()].filter((name) => name.endsWith('-session'));
    assert.equal(names.length, 2);
    const [main = '', own = ''] = names.sort((a, b) => a.length - b.length);
    const [first = '', second = ''] = [browser.jar.get(main), browser.jar.get(own)];
    browser.jar.set(main, second).set(own, first);
    for (const realm of [healthcareRealm, passwordRealm]) assert.equal(await isSignedIn(realm), false);
    // No user can be signed out either.
    for (const realm of [healthcareRealm, passwordRealm]) {
      const { body } = await browser.get(`${issuerOf(realm)}/connect/endSession`);
      assert.match(body, /<h1>You are signed out</);
    }
  });
});

test('the realm claim of ForgeRock’s product names the realm', async () => {
  const { id_token } = await withPassword();
  assert.equal(claimsOf(id_token).realm, '/oidc');
  assert.equal(claimsOf(mainTokens.id_token).realm, '/NHSIdentity/Healthcare');
});

const realms = [
  ['the realm of care workers', healthcareRealm],
  ['the realm of passwords', passwordRealm],
] as const;

describe('issuer of logout tokens', () => {
  for (const [name, realm] of realms)
    test(`is that of the sign-in after expiry and repeated attempts, in a round of ${name}`, async () => {
      const own = await withPassword();
      rp.answer = { status: 500, body: '' };
      cis2.clock.advance(721 * 60);
      const { ends, deliveries, expiry } = rounds(realm);
      await ends.endExpired(expiry);
      await cis2.background.settled();
      cis2.clock.advance(3);
      rp.answer = { status: 200, body: '{}' };
      await deliveries.run();
      const expected = [
        [cis2.issuer, claimsOf(mainTokens.id_token).sid],
        [issuerOf(passwordRealm), claimsOf(own.id_token).sid],
      ];
      const sent = told().map(({ iss, sid }) => [iss, sid]);
      assert.deepEqual(sent.sort(), [...expected, ...expected].sort());
    });
  for (const [name, realm] of realms)
    test(`is that of the sign-in if ${name} ends the sessions, and their tokens end`, async () => {
      const own = await withPassword();
      assert.equal(await statusOf(passwordRealm, own.access_token), 200);
      assert.equal(await statusOf(healthcareRealm, mainTokens.access_token), 200);
      const { ends, sessions } = rounds(realm);
      const live = [...(await sessions.ofPerson(gp.uid)), ...(await sessions.ofPerson(nurse.uid))];
      await ends.end(live, 'administrator');
      await cis2.background.settled();
      const issuers = told().map(({ iss }) => iss);
      assert.ok(issuers.includes(cis2.issuer) && issuers.includes(issuerOf(passwordRealm)));
      assert.equal(await statusOf(passwordRealm, own.access_token), 401);
      assert.equal(await statusOf(healthcareRealm, mainTokens.access_token), 401);
    });
});
