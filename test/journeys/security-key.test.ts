import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { AuthenticatorsAnswer, EnrolmentAnswer } from '../../src/cis2/protocol.ts';
import { virtualAuthenticator } from '../../src/cis2/testing/webauthn-desk.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// A sign-in with a security key instead of a card and an agent session.
describe('a security key', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  const keysOf = async (persona: string) =>
    (await instance.api<AuthenticatorsAnswer>('GET', `/people/${persona}/authenticators`)).authenticators;

  /** Opens a browser with an authenticator, and adds a seeded credential if given. */
  async function desk(credential?: unknown): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    const authenticator = await virtualAuthenticator(page);
    if (credential) await authenticator.add(credential as never);
    return page;
  }

  async function signIn(page: Page, pattern: 'combined' | 'separate'): Promise<void> {
    await page.goto(`${instance.urls.sample}/sign-in/${pattern}`);
    const another = page.getByText('Use another way to sign in');
    const choice = page.getByRole('radio', { name: 'Security key' });
    // The seeded applications request the smartcard first, and the agent of this computer responds.
    await another.or(choice).waitFor();
    if (await another.isVisible()) await another.click();
    await choice.check();
    await page.getByRole('button', { name: 'Continue' }).click();
  }
  async function findsThePatient(page: Page): Promise<void> {
    await page.getByLabel('NHS number').fill('9000000009');
    await page.getByRole('button', { name: 'Find patient' }).click();
    await page.getByText('2010-10-22').waitFor();
  }

  for (const pattern of ['combined', 'separate'] as const)
    test(`signs the gp in from the seed and finds a patient (${pattern})`, async () => {
      const [key] = await keysOf('gp');
      const page = await desk(key?.development?.credential);
      await signIn(page, pattern);
      await findsThePatient(page);
      await page.context().close();
    });

  test("is set up with an officer's link, used and removed, which ends the platform's tokens", async () => {
    const page = await desk();
    const { url } = await instance.api<EnrolmentAnswer>('POST', '/people/clinician/enrolments', {
      kind: 'security-key',
      officer: 'admin',
    });
    await page.goto(url);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByText('It signs you in at level 3').waitFor();

    await signIn(page, 'combined');
    await findsThePatient(page);

    const [added] = await keysOf('clinician');
    await instance.api('DELETE', `/people/clinician/authenticators/${added?.id}`);
    const gone = async () => {
      await page.goto(instance.urls.sample);
      const field = page.getByLabel('NHS number');
      if ((await field.count()) === 0) return true;
      await field.fill('9000000009');
      await page.getByRole('button', { name: 'Find patient' }).click();
      await page.waitForLoadState();
      return (await page.getByText('2010-10-22').count()) === 0;
    };
    // Relying parties are notified within a second.
    let dead = false;
    for (let tries = 0; tries < 20 && !dead; tries++) dead = await gone();
    assert.ok(dead);
    const { records } = await instance.api<{ records: { action: string; actor: string }[] }>('GET', '/audit');
    const acts = records.filter(({ action }) => action.startsWith('authenticator.'));
    assert.deepEqual(
      acts.slice(-3).map(({ actor, action }) => `${actor} ${action}`),
      [
        'ra:656005750104 authenticator.link',
        'ra:656005750104 authenticator.add',
        'console authenticator.remove',
      ],
    );
  });
});
