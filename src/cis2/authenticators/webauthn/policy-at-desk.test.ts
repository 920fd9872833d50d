import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gp } from '../../testing/people.ts';
import { startWebAuthnDesk, virtualAuthenticator } from '../../testing/webauthn-desk.ts';
import type { WebAuthnSettings } from './policy.ts';
import type { WebAuthnBody } from './variants.ts';

/** Sets up an authenticator under this policy. Returns its stored part. */
async function setUpUnder(settings: WebAuthnSettings, kind = 'security-key') {
  const desk = await startWebAuthnDesk(settings);
  try {
    await desk.fresh();
    await virtualAuthenticator(desk.page, kind === 'passkey' ? { transport: 'internal' } : {});
    await desk.page.goto(await desk.link(kind));
    await desk.page.getByRole('button', { name: 'Begin' }).click();
    await desk.page.getByRole('button', { name: 'Set it up' }).click();
    const says = await desk.page.getByRole('status').filter({ hasText: 'is set up' }).textContent();
    const [credential] = await desk.credentials.of<WebAuthnBody>(gp.uid, kind);
    assert.ok(credential);
    await desk.page.goto(desk.cis2.authorizeUrl(desk.client));
    const name = kind === 'passkey' ? 'Passkey' : 'Security key';
    const choice = desk.page.getByRole('radio', { name });
    if ((await choice.count()) === 0) return { body: credential.body, says, level: undefined };
    await choice.check();
    await desk.page.getByRole('button', { name: 'Continue' }).click();
    const low = desk.page.getByText('is level 2');
    await Promise.race([low.waitFor(), desk.arrived()]);
    return { body: credential.body, says, level: desk.page.url().includes('code=') ? 3 : 2 };
  } finally {
    await desk.stop();
  }
}

describe('a real authenticator under a policy', () => {
  test('reaches level 2 without a trusted root', async () => {
    const { body, says, level } = await setUpUnder({ roots: [] });
    assert.equal(body.root, null);
    assert.match(says ?? '', /level 2/);
    assert.equal(level, 2);
  });
  test('reaches level 2 with a model that is not accepted', async () => {
    const { body, level } = await setUpUnder({ aaguids: ['ffffffff-0000-0000-0000-000000000000'] });
    assert.ok(body.root);
    assert.equal(level, 2);
  });
  test('reaches level 3 with a passkey if the policy allows it', async () => {
    const { body, level, says } = await setUpUnder({ passkeyLevel: 3 }, 'passkey');
    assert.ok(body.root);
    assert.equal(level, 3);
    assert.match(says ?? '', /level 3/);
  });
});
