import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { claimsOf, next } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';
import { type CdpCredential, softAssertion } from '../../testing/soft-authenticator.ts';
import { give, onward, optionsOf } from '../../testing/webauthn-wire.ts';

let cis2: Instance;
let standard: Cis2Registration;
let browser: Browser;
let key: CdpCredential;
before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
  standard = await cis2.register({ profile: 'standard' });
  key = (await give(cis2, 'security-key', gp.uid)).key;
});
after(() => cis2.stop());
beforeEach(async () => {
  browser = new Browser();
  await signIn(standard);
});

async function signIn(client: Cis2Registration): Promise<void> {
  const { location } = await browser.get(cis2.authorizeUrl(client));
  const { challenge } = optionsOf(await browser.get(`${location}/security-key`));
  const response = JSON.stringify(softAssertion(key, { challenge, origin: cis2.origin }));
  assert.match(onward(await browser.post(`${location}/security-key/answer`, { response })), /code=/);
}
const asked = { prompt: 'consent', acr_values: 'AAL2_OR_AAL3_ANY' };
const confirmAt = async (more: Record<string, string> = {}) => {
  const { location } = await browser.get(cis2.authorizeUrl(standard, { ...asked, ...more }));
  assert.match(location, /\/confirm$/);
  return location;
};

describe('prompt=consent with a live session', () => {
  test('asks the user to confirm without a new sign-in', async () => {
    const at = await confirmAt();
    assert.match((await browser.get(at)).body, /Continue as TESTONE Caius Dr\?/);
    const done = await browser.post(at, { answer: 'yes' });
    assert.equal((await claimsOf(cis2, standard, done)).sub, gp.uid);
  });
  test('issues no code without the confirmation', async () => {
    const at = await confirmAt();
    const begun = at.replace(/\/confirm$/, '');
    assert.equal((await browser.get(`${begun}/resume`)).location, at);
    assert.match((await browser.post(at, { answer: 'perhaps' })).location, /\/interaction\/[\w-]+$/);
  });
  test('returns access_denied when the user declines', async () => {
    const refused = await browser.post(await confirmAt(), { answer: 'cancel' });
    assert.match(next(refused).location, /error=access_denied/);
  });
  test('returns to the choice for another authenticator, and still asks', async () => {
    const other = await browser.post(await confirmAt(), { answer: 'another' });
    assert.match((await browser.get(other.location)).body, /How do you want to sign in\?/);
    assert.equal((await browser.get(`${other.location}/resume`)).location, other.location);
  });
  test('issues no code for a session that has ended', async () => {
    const at = await confirmAt();
    cis2.clock.advance(13 * 3_600);
    assert.notEqual((await browser.post(at, { answer: 'yes' })).status, 200);
  });
  test('asks after the sign-in when login is requested too', async () => {
    const { location } = await browser.get(
      cis2.authorizeUrl(standard, { ...asked, prompt: 'login consent' }),
    );
    assert.match(location, /\/interaction\/[\w-]+$/);
  });
  test('requires a sign-in when the session is older than max_age', async () => {
    cis2.clock.advance(60);
    const { location } = await browser.get(cis2.authorizeUrl(standard, { ...asked, max_age: '30' }));
    assert.match(location, /\/interaction\/[\w-]+$/);
  });
});
