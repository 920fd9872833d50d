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

describe('each way signs in, without a name', () => {
  const cases = [
    ['Security key', 'security-key', 'usb', undefined, '3'],
    ['Windows Hello', 'windows-hello', 'internal', undefined, '3'],
    ['Passkey', 'passkey', 'hybrid', 'AAL2_OR_AAL3_ANY', '2'],
  ] as const;
  for (const [name, kind, transport, acr, level] of cases)
    test(name, async () => {
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

test('the same person again is silent, and prompt=login asks again', async () => {
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

describe('what does not do', () => {
  test('an authenticator that verifies nobody', async () => {
    const { key } = await desk.give('security-key');
    await (await virtualAuthenticator(desk.page, { isUserVerified: false })).add(key);
    await ask();
    await choose('Security key');
    await problem(/no response from your security key/);
    assert.equal(await desk.page.evaluate('document.activeElement.id'), 'start');
  });
  test('a credential that was removed; then another way', async () => {
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
  test('a key of the second level for the third', async () => {
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
  test('a mere hint names no credential and binds nobody: a key signs its own person in', async () => {
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

/** A key as a tester brings one. */
async function softKey() {
  const { key, id } = await desk.give('security-key', nurse.uid);
  await desk.cis2.database.batch([desk.credentials.revokeStatement(id)]);
  return { credentialId: key.credentialId, privateKey: key.privateKey };
}

describe('stepping up in a live session', () => {
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

  test('asks for what this person has, keeps the sid, and gives a new cookie', async () => {
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
    // The session is now of the third level, silently.
    await ask();
    assert.equal((await desk.claims()).sid, before.sid);
  });
  test('somebody else may sign in instead: another session', async () => {
    const before = await atSecondLevel();
    await desk.give('security-key');
    const { key } = await desk.give('windows-hello', nurse.uid);
    await authenticator.clear();
    await authenticator.add(key);
    await ask();
    await desk.page.getByRole('button', { name: 'Somebody else?' }).click();
    await desk.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await choose('Windows Hello');
    const claims = await desk.claims();
    assert.equal(claims.sub, nurse.uid);
    assert.notEqual(claims.sid, before.sid);
    assert.equal(await desk.cis2.database.get(live(String(before.sid))), undefined);
  });
});

describe('the pages', () => {
  const failed = async () => {
    await (await virtualAuthenticator(desk.page)).add((await desk.give('security-key')).key);
    await desk.cis2.database.batch(
      (await desk.credentials.of(gp.uid)).map(({ id }) => desk.credentials.revokeStatement(id)),
    );
    await ask();
    await choose('Security key');
    await problem(/do not know this one/);
  };
  test('by keyboard alone', async () => {
    const { key } = await desk.give('security-key');
    await (await virtualAuthenticator(desk.page, { isUserVerified: false })).add(key);
    await ask();
    await desk.page.getByRole('radio', { name: 'Smartcard' }).focus();
    await desk.page.keyboard.press('ArrowDown');
    await desk.page.keyboard.press('Enter');
    await problem(/no response/);
    // The button has the focus again.
    await desk.page.keyboard.press('Enter');
    await problem(/no response/);
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });
  test('without script: it says so', async () => {
    await desk.fresh({ javaScriptEnabled: false });
    await ask();
    await choose('Security key');
    await desk.page.getByRole('heading', { name: 'Sign in with your security key' }).waitFor();
    // Chromium does not show <noscript> where a tester has switched scripts off.
    assert.match(await desk.page.content(), /<noscript>.*Turn on JavaScript/s);
  });
  test('accessible while waiting', async () => {
    await virtualAuthenticator(desk.page, { automaticPresenceSimulation: false });
    await ask();
    await choose('Security key');
    await desk.page.getByText('Waiting for your security key').waitFor();
    await isAccessible(desk.page);
  });
  test('accessible after a failure', async () => {
    await failed();
    await isAccessible(desk.page);
  });
  test('accessible when stepping up', async () => {
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
