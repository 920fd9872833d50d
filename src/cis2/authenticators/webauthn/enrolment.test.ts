import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { isAccessible } from '../../../../test/testing/accessible.ts';
import { gp } from '../../testing/people.ts';
import {
  startWebAuthnDesk,
  type VirtualOptions,
  virtualAuthenticator,
  type WebAuthnDesk,
} from '../../testing/webauthn-desk.ts';
import type { WebAuthnBody } from './variants.ts';

let desk: WebAuthnDesk;
before(async () => {
  desk = await startWebAuthnDesk();
});
after(() => desk.stop());

const removeAll = async () => {
  for (const { id } of await desk.credentials.of(gp.uid))
    await desk.cis2.database.batch([desk.credentials.revokeStatement(id)]);
};
beforeEach(async () => {
  await removeAll();
  await desk.fresh();
});

const button = (name: string) => desk.page.getByRole('button', { name });
const begin = async (kind: string) => {
  await desk.page.goto(await desk.link(kind));
  await button('Begin').click();
  await button('Set it up').waitFor();
};
const setUp = async (kind: string, options: VirtualOptions = {}) => {
  const authenticator = await virtualAuthenticator(desk.page, options);
  await begin(kind);
  await button('Set it up').click();
  return authenticator;
};
const isDone = (text: RegExp) => desk.page.getByRole('status').filter({ hasText: text }).waitFor();
const problem = (text: RegExp) =>
  desk.page.getByRole('alert').filter({ hasText: text, visible: true }).waitFor();
const bodies = async (kind: string) =>
  (await desk.credentials.of<WebAuthnBody>(gp.uid, kind)).map(({ body }) => body);
const signIn = async (name: string, acr: string) => {
  await desk.page.goto(desk.cis2.authorizeUrl(desk.client, { acr_values: acr, prompt: 'login' }));
  await desk.page.getByRole('radio', { name, exact: true }).check();
  await button('Continue').click();
  return desk.claims();
};

describe('enrolment by an officer’s link', () => {
  test('sets up a security key by keyboard and signs in with it', async () => {
    await virtualAuthenticator(desk.page);
    await desk.page.goto(await desk.link('security-key'));
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Enter');
    await button('Set it up').waitFor();
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.type('My  blue key');
    await desk.page.keyboard.press('Enter');
    await isDone(/My blue key is set up\. It signs you in at level 3/);
    const [credential] = await desk.credentials.of<WebAuthnBody>(gp.uid, 'security-key');
    assert.equal(credential?.label, 'My blue key');
    assert.deepEqual(credential?.body.transports, ['usb']);
    assert.ok(credential?.body.root);
    const claims = await signIn('Security key', 'AAL3_FIDO2');
    assert.equal(claims.sub, gp.uid);
    assert.equal(claims.acr, 'AAL3_FIDO2');
  });
  test('sets up Windows Hello', async () => {
    await setUp('windows-hello', { transport: 'internal' });
    await isDone(/at level 3/);
    assert.equal((await signIn('Windows Hello', 'AAL3_ANY')).authentication_assurance_level, '3');
  });
  test('sets up a passkey at level 2 without its model', async () => {
    await setUp('passkey', { transport: 'internal' });
    await isDone(/at level 2/);
    const [body] = await bodies('passkey');
    assert.equal(body?.root, null);
    assert.equal((await signIn('Passkey', 'AAL2_ANY')).authentication_assurance_level, '2');
  });
  test('sets up a key that may be copied at level 2', async () => {
    await setUp('security-key', { defaultBackupEligibility: true, defaultBackupState: true });
    await isDone(/at level 2/);
    assert.equal((await bodies('security-key'))[0]?.backupEligible, true);
  });
  test('refuses an authenticator that does not verify its user', async () => {
    await setUp('security-key', { hasUserVerification: false, isUserVerified: false });
    await problem(/no response|cannot use this one/);
    assert.deepEqual(await bodies('security-key'), []);
  });
  test('refuses the same authenticator twice', async () => {
    await setUp('security-key');
    await isDone(/is set up/);
    await begin('security-key');
    await button('Set it up').click();
    await problem(/already set this one up/);
    assert.equal((await bodies('security-key')).length, 1);
  });
  test('records officer, user and kind in the audit log', async () => {
    await setUp('security-key');
    await isDone(/is set up/);
    const acts = (await desk.cis2.audit.list())
      .slice(-2)
      .map(({ actor, action, target, detail }) => ({ actor, action, target, kind: detail.kind }));
    assert.deepEqual(acts, [
      { actor: 'developer', action: 'authenticator.link', target: gp.uid, kind: 'security-key' },
      { actor: 'developer', action: 'authenticator.add', target: gp.uid, kind: 'security-key' },
    ]);
  });
});

describe('self-service', () => {
  const signedIn = async (kind: string, name: string, acr: string) => {
    const { key } = await desk.give(kind);
    const authenticator = await virtualAuthenticator(desk.page, { transport: 'internal' });
    await authenticator.add(key);
    await signIn(name, acr);
    await desk.page.goto(`${desk.cis2.origin}/account`);
    await desk.page.getByRole('heading', { name: 'Your ways to sign in' }).waitFor();
  };
  test('adds, renames and removes an authenticator, and ends its sessions', async () => {
    await signedIn('windows-hello', 'Windows Hello', 'AAL3_ANY');
    await virtualAuthenticator(desk.page);
    await desk.page.getByRole('radio', { name: 'Security key' }).check();
    await button('Add it').click();
    await button('Set it up').click();
    await isDone(/at level 3/);
    await desk.page.getByRole('link', { name: 'Back to your ways to sign in' }).click();
    await desk.page.getByRole('link', { name: 'Rename or remove Security key' }).click();
    await desk.page.getByLabel('Name').fill('The one at my desk');
    await button('Save').click();
    await desk.page.getByRole('link', { name: 'Rename or remove The one at my desk' }).click();
    await button('Remove it').click();
    await desk.page.getByRole('heading', { name: 'Your ways to sign in' }).waitFor();
    assert.deepEqual(await bodies('security-key'), []);
    await desk.page.getByRole('link', { name: 'Rename or remove Windows Hello' }).click();
    await desk.page.getByText('You are signed in with it, so we will sign you out.').waitFor();
    await button('Remove it').click();
    await desk.page.getByText('You are not signed in').waitFor();
    const acts = (await desk.cis2.audit.list()).filter(({ action }) => action.startsWith('authenticator.'));
    const actions = acts.slice(-4).map(({ actor, action }) => `${actor} ${action}`);
    assert.deepEqual(actions, [
      `user:${gp.uid} authenticator.add`,
      `user:${gp.uid} authenticator.rename`,
      `user:${gp.uid} authenticator.remove`,
      `user:${gp.uid} authenticator.remove`,
    ]);
  });
  test('refuses to add or change level 3 authenticators after a sign-in at level 2', async () => {
    const { key } = await desk.give('security-key');
    await signedIn('passkey', 'Passkey', 'AAL2_ANY');
    await desk.page.getByText('Sign in at level 3 to change it.').waitFor();
    assert.equal(await desk.page.getByRole('radio', { name: 'Security key' }).count(), 0);
    await desk.page.getByRole('heading', { name: 'These need a sign-in at level 3' }).waitFor();
    // A sign-in at level 3 is enough.
    await (await virtualAuthenticator(desk.page)).add(key);
    await desk.page.getByRole('link', { name: 'Sign in at level 3' }).click();
    await desk.page.getByRole('radio', { name: 'Security key' }).check();
    await button('Continue').click();
    await desk.page.getByText('TESTONE Caius Dr, level 3').waitFor();
    assert.equal(new URL(desk.page.url()).search, '');
    await desk.page.getByRole('radio', { name: 'Security key' }).waitFor();
  });
  test('is accessible in the list, in a single entry, and at a lower level', async () => {
    await desk.give('security-key');
    await signedIn('passkey', 'Passkey', 'AAL2_ANY');
    await isAccessible(desk.page);
    await desk.page.getByRole('link', { name: 'Rename or remove' }).click();
    await desk.page.getByRole('heading', { name: 'Rename it' }).waitFor();
    await isAccessible(desk.page);
  });
});

describe('accessibility of the enrolment', () => {
  test('is accessible without a sign-in, at the link, and at a used one', async () => {
    await desk.page.goto(`${desk.cis2.origin}/account`);
    await desk.page.getByRole('link', { name: 'Sign in' }).waitFor();
    await isAccessible(desk.page);
    const link = await desk.link('security-key');
    await desk.page.goto(link);
    await isAccessible(desk.page);
    await button('Begin').click();
    await button('Set it up').waitFor();
    await isAccessible(desk.page);
    await desk.page.goto(link);
    await desk.page.getByText('has expired or was already used').waitFor();
    await isAccessible(desk.page);
  });
  test('is accessible after a failed and a completed set-up', async () => {
    const authenticator = await setUp('security-key', { isUserVerified: false });
    await problem(/no response/);
    await isAccessible(desk.page);
    await authenticator.cdp.send('WebAuthn.setUserVerified', {
      authenticatorId: authenticator.id,
      isUserVerified: true,
    });
    await button('Set it up').click();
    await isDone(/is set up/);
    await isAccessible(desk.page);
  });
});
