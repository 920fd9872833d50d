import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { sql } from '../../storage/database.ts';
import { Browser, type Reply } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';
import { type CdpCredential, softAssertion } from '../testing/soft-authenticator.ts';
import { give, onward, optionsOf } from '../testing/webauthn-wire.ts';

let cis2: Instance;
let rp: RpEndpoint;
let low: Cis2Registration;
let high: Cis2Registration;
let browser: Browser;
let passkey: CdpCredential;
let securityKey: CdpCredential;

before(async () => {
  [rp, cis2] = await Promise.all([startRpEndpoint(), startInstance({}, ':memory:', undefined, 'localhost')]);
  low = await cis2.register({ backchannelLogoutUri: rp.url });
  high = await cis2.register({ backchannelLogoutUri: rp.url });
  passkey = (await give(cis2, 'passkey', gp.uid)).key;
  securityKey = (await give(cis2, 'security-key', gp.uid)).key;
});
after(async () => {
  await cis2.stop();
  await rp.stop();
});
beforeEach(() => {
  browser = new Browser();
  cis2.cis.agents = [];
  rp.received = [];
});

const either = { acr_values: 'AAL2_OR_AAL3_ANY' };

/** Signs in with a WebAuthn key and returns the claims for the client. */
async function withKey(
  kind: string,
  key: CdpCredential,
  client: Cis2Registration,
  parameters: Record<string, string> = {},
) {
  const choice = await browser.get(cis2.authorizeUrl(client, parameters));
  const page = await browser.get(`${choice.location}/${kind}`);
  const { challenge } = optionsOf(page);
  const response = JSON.stringify(softAssertion(key, { challenge, origin: cis2.origin }));
  const done = await browser.post(`${choice.location}/${kind}/answer`, { response });
  return claimsOf(client, { ...done, location: onward(done) });
}
async function claimsOf(client: Cis2Registration, reply: Reply): Promise<Record<string, unknown>> {
  assert.match(reply.location, /code=/);
  return decodeJwt((await redeem(cis2, client, reply)).id_token)?.claims ?? {};
}
const level = ({ authentication_assurance_level }: Record<string, unknown>) => authentication_assurance_level;
const cardRemoved = () =>
  cis2.sessionEnded({
    sessionId: [...cis2.cis.sessions.keys()].at(-1) ?? '',
    agentId: cis2.agent.id,
    uid: gp.uid,
    cause: 'cardRemoved',
    generation: 'hscn',
  });
const told = async () => {
  await cis2.background.settled();
  return rp.received
    .map((form) => decodeJwt(form.get('logout_token') ?? '')?.claims)
    .map((claims) => `${claims?.aud} ${claims?.sid}`)
    .sort();
};
const sessionCookie = () => [...browser.jar].find(([name]) => name.endsWith('-session'))?.[1] ?? '';
const causeOf = async (sid: unknown) =>
  (
    await cis2.database.get<{ end_cause: string }>(
      sql('SELECT end_cause FROM cis2_session WHERE sid = ?', String(sid)),
    )
  )?.end_cause ?? null;

describe('request for level 3 in a session of level 2', () => {
  test('keeps the sid and replaces the cookie after a sign-in with a security key', async () => {
    const before = await withKey('passkey', passkey, low, either);
    assert.equal(level(before), '2');
    const old = new Browser();
    for (const [name, value] of browser.jar) old.jar.set(name, value);
    const cookie = sessionCookie();
    const after = await withKey('security-key', securityKey, high);
    assert.deepEqual([level(after), after.sid, after.sub], ['3', before.sid, before.sub]);
    assert.notEqual(sessionCookie(), cookie);
    assert.match((await browser.get(cis2.authorizeUrl(high, { prompt: 'none' }))).location, /code=/);
    const asked = await old.get(cis2.authorizeUrl(low, { ...either, prompt: 'none' }));
    assert.match(asked.location, /error=login_required/);
  });
  test('goes directly to the agent and ends the session with the card afterwards', async () => {
    const before = await withKey('passkey', passkey, low, either);
    await cis2.agent.signIn(gp.uid);
    const after = await claimsOf(high, await cis2.signIn(browser, high));
    assert.deepEqual([level(after), after.sid, after.amr], ['3', before.sid, ['N3_SMARTCARD']]);
    await cardRemoved();
    assert.equal(await causeOf(before.sid), 'cardRemoved');
    assert.deepEqual(
      await told(),
      [`${low.clientId} ${before.sid}`, `${high.clientId} ${before.sid}`].sort(),
    );
  });
  test('begins another session and ends the former one with the card of another person', async () => {
    const before = await withKey('passkey', passkey, low, either);
    await cis2.agent.signIn(nurse.uid);
    const after = await claimsOf(high, await cis2.signIn(browser, high));
    assert.notEqual(after.sid, before.sid);
    assert.equal(await causeOf(before.sid), 'anotherPerson');
  });
  test('fails with login_required for prompt=none', async () => {
    await withKey('passkey', passkey, low, either);
    const reply = await browser.get(cis2.authorizeUrl(high, { prompt: 'none' }));
    assert.match(reply.location, /error=login_required/);
  });
  test('shows the user and offers their authenticators', async () => {
    await withKey('passkey', passkey, low, either);
    const choice = await browser.get(cis2.authorizeUrl(high));
    const { body } = await browser.get(choice.location);
    assert.match(body, /You are signed in as <strong>TESTONE Caius Dr<\/strong>/);
    assert.doesNotMatch(body, /Windows Hello/);
    const other = await browser.post(choice.location, { person: 'another' });
    assert.match((await browser.get(other.location)).body, /Windows Hello/);
  });
  test('offers no other user if the client requires the user', async () => {
    const choiceOf = async (parameters = {}) =>
      (await browser.get(cis2.authorizeUrl(high, parameters))).location;
    await withKey('security-key', securityKey, high);
    const page = await browser.get(cis2.authorizeUrl(high));
    const { id_token } = await redeem(cis2, high, page);
    browser = new Browser();
    await withKey('passkey', passkey, low, either);
    const address = await choiceOf({ id_token_hint: id_token });
    assert.doesNotMatch((await browser.get(address)).body, /Not you/);
    await browser.post(address, { person: 'another', authenticator: 'windows-hello' });
    assert.doesNotMatch((await browser.get(address)).body, /Windows Hello/);
  });
});

test('a session of a card ends with the card after a later sign-in with another authenticator', async () => {
  await cis2.agent.signIn(gp.uid);
  const before = await claimsOf(high, await cis2.signIn(browser, high));
  cis2.cis.agents = [];
  const after = await withKey('passkey', passkey, low, { acr_values: 'AAL2_ANY' });
  assert.deepEqual([level(after), after.sid], ['2', before.sid]);
  // The session is no longer of level 3.
  const asked = await browser.get(cis2.authorizeUrl(high, { prompt: 'none' }));
  assert.match(asked.location, /error=login_required/);
  await cardRemoved();
  assert.equal(await causeOf(before.sid), 'cardRemoved');
});
