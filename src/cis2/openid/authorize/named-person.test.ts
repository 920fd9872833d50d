import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp, nurse, starter } from '../../testing/people.ts';
import { type CdpCredential, softAssertion } from '../../testing/soft-authenticator.ts';
import { give, onward, optionsOf } from '../../testing/webauthn-wire.ts';

// Which hints about the user change the pages: docs/adr/0019.

let cis2: Instance;
let client: Cis2Registration;
let browser: Browser;
let key: CdpCredential;
before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  client = await cis2.register();
  key = (await give(cis2, 'security-key', gp.uid)).key;
});
after(() => cis2.stop());
beforeEach(() => {
  browser = new Browser();
});

const sub = (uid: string) => ({ claims: JSON.stringify({ id_token: { sub: { value: uid } } }) });
/** The request of every test in this file. */
const asked = { acr_values: 'AAL2_OR_AAL3_ANY' };

const choiceAt = async (parameters: Record<string, string>) => {
  const to = await browser.get(cis2.authorizeUrl(client, { ...asked, ...parameters }));
  assert.match(to.location, /\/interaction\//, to.location);
  return to.location;
};
/** Returns the visible text of a page, without the values of its interaction. */
const shown = async (parameters: Record<string, string> = {}) => {
  const at = await choiceAt(parameters);
  const { body } = await browser.get(at);
  return body.replaceAll(at.split('/').at(-1) ?? '', 'ID').replaceAll(/data-channel="[^"]*"/g, '');
};
const signIn = async (parameters: Record<string, string> = {}) => {
  const at = await choiceAt(parameters);
  const { challenge } = optionsOf(await browser.get(`${at}/security-key`));
  const response = JSON.stringify(softAssertion(key, { challenge, origin: cis2.origin }));
  const done = await browser.post(`${at}/security-key/answer`, { response });
  return { ...done, location: onward(done) };
};

describe('pages in a browser without a session', () => {
  for (const [what, named] of [
    ['login_hint', (uid: string) => ({ login_hint: uid })],
    ['a sub in claims', sub],
  ] as [string, (uid: string) => Record<string, string>][])
    test(`are the same for every user named by ${what}, and for none`, async () => {
      const nobody = await shown();
      for (const person of [gp.uid, nurse.uid, starter.uid, '999999999999'])
        assert.equal(await shown(named(person)), nobody);
    });
  test('report an unreachable level of a sub in claims no sooner than for another user', async () => {
    for (const person of [gp.uid, starter.uid, '999999999999'])
      await choiceAt({ ...sub(person), acr_values: 'AAL2_TOTP' });
  });
  test('refuse another user than the sub in claims after the sign-in', async () => {
    assert.match((await signIn(sub(nurse.uid))).location, /error=login_required/);
    assert.match((await signIn(sub(gp.uid))).location, /code=/);
  });
});

describe('pages in a browser with a session of the named user', () => {
  const again = { prompt: 'login' };
  test('offer only the authenticators of the user, and another user for a mere hint', async () => {
    await signIn();
    const page = await shown({ ...again, login_hint: gp.uid });
    assert.match(page, /Security key/);
    assert.doesNotMatch(page, /Windows Hello/);
    assert.match(page, /Your application has told us who is signing in/);
    const at = await choiceAt({ ...again, login_hint: gp.uid });
    const other = await browser.post(at, { person: 'another' });
    assert.match((await browser.get(other.location)).body, /Windows Hello/);
  });
  test('offer no other user for a sub in claims', async () => {
    await signIn();
    const page = await shown({ ...again, ...sub(gp.uid) });
    assert.doesNotMatch(page, /Windows Hello|Not you/);
  });
  test('ignore a hint about another user', async () => {
    await signIn();
    assert.equal(await shown({ ...again, login_hint: nurse.uid }), await shown(again));
  });
  test('ignore a session that has ended', async () => {
    await signIn();
    cis2.clock.advance(13 * 3600);
    assert.match(await shown({ ...again, login_hint: gp.uid }), /Windows Hello/);
  });
});

test('an ID token of this issuer names the user in any browser', async () => {
  const { id_token } = await redeem(cis2, client, await signIn());
  browser = new Browser();
  const page = await shown({ id_token_hint: id_token });
  assert.match(page, /Security key/);
  assert.doesNotMatch(page, /Windows Hello|Not you/);
});
