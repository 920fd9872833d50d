import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { isAccessible } from '../../../../test/testing/accessible.ts';
import { sql } from '../../../storage/database.ts';
import { gp, nurse } from '../../testing/people.ts';
import {
  startWebAuthnDesk,
  type VirtualAuthenticator,
  virtualAuthenticator,
  type WebAuthnDesk,
} from '../../testing/webauthn-desk.ts';

let desk: WebAuthnDesk;
before(async () => {
  desk = await startWebAuthnDesk();
});
after(() => desk.stop());
beforeEach(async () => {
  for (const { uid } of [gp, nurse])
    for (const { id } of await desk.credentials.of(uid))
      await desk.cis2.database.batch([desk.credentials.revokeStatement(id)]);
  await desk.fresh();
});

const ask = (parameters: Record<string, string> = {}) =>
  desk.page.goto(desk.cis2.authorizeUrl(desk.client, parameters));
const choose = async (name: string) => {
  await desk.page.getByRole('radio', { name, exact: true }).check();
  await desk.page.getByRole('button', { name: 'Continue' }).click();
};
const problem = (text: RegExp) =>
  desk.page.getByRole('alert').filter({ hasText: text, visible: true }).waitFor();

describe('sign-in without a user name', () => {
  const cases = [
    ['Security key', 'security-key', 'usb', undefined, '3'],
    ['Windows Hello', 'windows-hello', 'internal', undefined, '3'],
    ['Passkey', 'passkey', 'hybrid', 'AAL2_OR_AAL3_ANY', '2'],
  ] as const;
  for (const [name, kind, transport, acr, level] of cases)
    test(`signs in with ${name}`, async () => {
      const { key } = await desk.give(kind);
      await (await virtualAuthenticator(desk.page, { transport })).add(key);
      await ask(acr ? { acr_values: acr } : {});
      await choose(name);
      const claims = await desk.claims();
      assert.equal(claims.sub, gp.uid);
      assert.deepEqual(claims.amr, ['FIDO2']);
      assert.equal(claims.acr, acr ?? 'AAL3_ANY');
      assert.equal(claims.authentication_assurance_level, level);
    });
});

test('signs the same user in silently, and asks again for prompt=login', async () => {
  const { key } = await desk.give('security-key');
  const authenticator = await virtualAuthenticator(desk.page);
  await authenticator.add(key);
  await ask();
  await choose('Security key');
  const { sid } = await desk.claims();
  await ask();
  assert.equal((await desk.claims()).sid, sid);
  await ask({ prompt: 'login' });
  await choose('Security key');
  assert.equal((await desk.claims()).sid, sid);
});

describe('failed sign-in by WebAuthn', () => {
  test('refuses an authenticator that does not verify its user', async () => {
    const { key } = await desk.give('security-key');
    await (await virtualAuthenticator(desk.page, { isUserVerified: false })).add(key);
    await ask();
    await choose('Security key');
    await problem(/no response from your security key/);
    assert.equal(await desk.page.evaluate('document.activeElement.id'), 'start');
  });
  test('refuses a removed credential and offers another way', async () => {
    const { key, id } = await desk.give('security-key');
    const authenticator = await virtualAuthenticator(desk.page);
    await authenticator.add(key);
    await desk.cis2.database.batch([desk.credentials.revokeStatement(id)]);
    await ask();
    await choose('Security key');
    await problem(/do not know this one/);
    await desk.page.getByRole('link', { name: 'Use another way to sign in' }).click();
    await desk.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });
  test('refuses a level 2 key for level 3', async () => {
    const { key } = await desk.give('security-key', gp.uid, {
      credential: { ...(await softKey()), backupEligibility: true },
    });
    const authenticator = await virtualAuthenticator(desk.page, {
      defaultBackupEligibility: true,
    });
    await authenticator.add({ ...key, backupEligibility: true });
    await ask();
    await choose('Security key');
    await problem(/is level 2, and Example \d+ needs more/);
    await ask({ acr_values: 'AAL2_OR_AAL3_ANY' });
    await choose('Security key');
    assert.equal((await desk.claims()).authentication_assurance_level, '2');
  });
  test('signs in the owner of the key, whatever the login hint', async () => {
    const { key } = await desk.give('security-key');
    const own = await virtualAuthenticator(desk.page);
    await own.add(key);
    await ask();
    await choose('Security key');
    await desk.arrived();
    await desk.give('windows-hello', nurse.uid);
    await ask({ login_hint: nurse.uid, prompt: 'login' });
    assert.equal(await desk.page.getByRole('radio', { name: 'Security key' }).count(), 1);
    await choose('Windows Hello');
    assert.equal((await desk.claims()).sub, gp.uid);
  });
});

/** Adds a key that a tester knows. */
async function softKey() {
  const { key, id } = await desk.give('security-key', nurse.uid);
  await desk.cis2.database.batch([desk.credentials.revokeStatement(id)]);
  return { credentialId: key.credentialId, privateKey: key.privateKey };
}

describe('step-up in a live session', () => {
  let authenticator: VirtualAuthenticator;
  const atSecondLevel = async () => {
    const { key } = await desk.give('passkey');
    authenticator = await virtualAuthenticator(desk.page, { transport: 'internal' });
    await authenticator.add(key);
    await ask({ acr_values: 'AAL2_OR_AAL3_ANY' });
    await choose('Passkey');
    return desk.claims();
  };
  const live = (sid: string) => sql('SELECT sid FROM cis2_session WHERE sid = ? AND ended_at IS NULL', sid);
  const cookie = async () =>
    (await desk.context.cookies()).find(({ name }) => name.endsWith('-session'))?.value;

  test('asks for the user’s credentials, keeps the sid, and sets a new cookie', async () => {
    const before = await atSecondLevel();
    assert.equal(before.authentication_assurance_level, '2');
    const old = await cookie();
    const { key } = await desk.give('security-key');
    await (await virtualAuthenticator(desk.page)).add(key);
    await ask({ acr_values: 'AAL3_ANY' });
    await desk.page.getByText('You are signed in as').waitFor();
    assert.equal(await desk.page.getByRole('radio', { name: 'Windows Hello' }).count(), 0);
    await choose('Security key');
    const claims = await desk.claims();
    assert.equal(claims.authentication_assurance_level, '3');
    assert.equal(claims.sid, before.sid);
    assert.equal(claims.sub, before.sub);
    assert.notEqual(await cookie(), old);
    // The session is now level 3 without another question.
    await ask();
    assert.equal((await desk.claims()).sid, before.sid);
  });
  test('starts another session for another user', async () => {
    const before = await atSecondLevel();
    await desk.give('security-key');
    const { key } = await desk.give('windows-hello', nurse.uid);
    await authenticator.clear();
    await authenticator.add(key);
    await ask();
    await desk.page.getByRole('button', { name: 'Not you?' }).click();
    await desk.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await choose('Windows Hello');
    const claims = await desk.claims();
    assert.equal(claims.sub, nurse.uid);
    assert.notEqual(claims.sid, before.sid);
    assert.equal(await desk.cis2.database.get(live(String(before.sid))), undefined);
  });
});

describe('page of the sign-in by WebAuthn', () => {
  const failed = async () => {
    await (await virtualAuthenticator(desk.page)).add((await desk.give('security-key')).key);
    await desk.cis2.database.batch(
      (await desk.credentials.of(gp.uid)).map(({ id }) => desk.credentials.revokeStatement(id)),
    );
    await ask();
    await choose('Security key');
    await problem(/do not know this one/);
  };
  test('works by keyboard', async () => {
    const { key } = await desk.give('security-key');
    await (await virtualAuthenticator(desk.page, { isUserVerified: false })).add(key);
    await ask();
    await desk.page.getByRole('radio', { name: 'Smartcard' }).focus();
    await desk.page.keyboard.press('ArrowDown');
    await desk.page.keyboard.press('Enter');
    await problem(/no response/);
    // The focus returns to the button.
    await desk.page.keyboard.press('Enter');
    await problem(/no response/);
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });
  test('explains that it needs scripts', async () => {
    await desk.fresh({ javaScriptEnabled: false });
    await ask();
    await choose('Security key');
    await desk.page.getByRole('heading', { name: 'Sign in with your security key' }).waitFor();
    // Chromium does not render <noscript> when a tester disables scripts.
    assert.match(await desk.page.content(), /<noscript>.*Turn on JavaScript/s);
  });
  test('is accessible while waiting', async () => {
    await virtualAuthenticator(desk.page, { automaticPresenceSimulation: false });
    await ask();
    await choose('Security key');
    await desk.page.getByText('Waiting for your security key').waitFor();
    await isAccessible(desk.page);
  });
  test('is accessible after a failure', async () => {
    await failed();
    await isAccessible(desk.page);
  });
  test('is accessible at a step-up', async () => {
    const { key } = await desk.give('passkey');
    await desk.give('security-key');
    await (await virtualAuthenticator(desk.page, { transport: 'internal' })).add(key);
    await ask({ acr_values: 'AAL2_OR_AAL3_ANY' });
    await choose('Passkey');
    await desk.arrived();
    await ask();
    await desk.page.getByText('You are signed in as').waitFor();
    await isAccessible(desk.page);
  });
});
