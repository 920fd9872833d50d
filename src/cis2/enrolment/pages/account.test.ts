import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { isAccessible } from '../../../../test/testing/accessible.ts';
import { passwordText } from '../../authenticators/password/text.ts';
import { personaText } from '../../authenticators/persona/text.ts';
import { tabletText } from '../../authenticators/tablet/text.ts';
import { passwordRealm } from '../../realms/realm.ts';
import { cheapHash } from '../../testing/cheap-hash.ts';
import { give } from '../../testing/journey.ts';
import { gp, nurse } from '../../testing/people.ts';
import { startWebAuthnDesk, virtualAuthenticator, type WebAuthnDesk } from '../../testing/webauthn-desk.ts';
import { words } from '../../text/words.ts';

// The account, the password form and the ends of tablet requests, in a real browser.
const good = 'green lamp sofa';
let desk: WebAuthnDesk;
before(async () => {
  desk = await startWebAuthnDesk();
});
after(() => desk.stop());
beforeEach(async () => {
  await desk.fresh();
  await desk.cis2.database.run({ text: 'DELETE FROM credential', values: [] });
});

const hasWay = (uid: string, label: string) =>
  give(desk.cis2, {
    uid,
    kind: 'password',
    label,
    lookup: `${label.toLowerCase().replaceAll(' ', '-')}@example.test`,
    body: { email: '', hash: cheapHash(good) },
  });
const says = (name: string) => desk.page.getByRole('heading', { name }).waitFor();
const focused = () => desk.page.evaluate('document.activeElement.textContent.trim()') as Promise<string>;
/** Presses Tab until this text has the focus. Fails after 20 stops. */
async function tabTo(text: string | RegExp): Promise<void> {
  for (let stop = 0; stop < 20; stop++) {
    await desk.page.keyboard.press('Tab');
    if ((await focused()).match(text)) return;
  }
  assert.fail(`no stop is called ${text}`);
}

/** Signs in at level 3 and opens the account. */
async function account(uid: string): Promise<void> {
  const { page, cis2 } = desk;
  await page.goto(`${cis2.origin}/account/sign-in`);
  await page.goto(`${page.url()}/persona`);
  await page.locator(`input[value="${uid}"]`).check();
  await page.getByRole('button', { name: personaText.next }).click();
  await says(words.account.title);
}

describe('account page by keyboard', () => {
  test('renames an authenticator', async () => {
    await hasWay(gp.uid, 'Old name');
    await account(gp.uid);
    await tabTo(/^Rename or remove Old name$/);
    await desk.page.keyboard.press('Enter');
    await says('Old name');
    // The skip link is the first stop, and the field the next.
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('ControlOrMeta+a');
    await desk.page.keyboard.type('New name');
    await desk.page.keyboard.press('Enter');
    await says('New name');
    assert.equal((await desk.credentials.of(gp.uid))[0]?.label, 'New name');
  });
  test('removes an authenticator', async () => {
    await hasWay(gp.uid, 'Old name');
    await account(gp.uid);
    await tabTo(/^Rename or remove Old name$/);
    await desk.page.keyboard.press('Enter');
    await says('Old name');
    await tabTo(/^Remove it$/);
    await desk.page.keyboard.press('Enter');
    await desk.page.getByText(words.account.none).waitFor();
    assert.deepEqual(await desk.credentials.of(gp.uid), []);
  });
  test('adds an authenticator', async () => {
    await account(gp.uid);
    await virtualAuthenticator(desk.page);
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.press('Space');
    assert.equal(await desk.page.getByRole('radio', { name: 'Security key' }).isChecked(), true);
    await tabTo(/^Add it$/);
    await desk.page.keyboard.press('Enter');
    await says('Set up your security key');
    await tabTo(/^Set it up$/);
    await desk.page.keyboard.press('Enter');
    await says(words.enrolment.doneTitle);
    await tabTo(words.account.back);
    await desk.page.keyboard.press('Enter');
    await says('Security key');
  });
  test('begins a sign-in', async () => {
    await desk.page.goto(`${desk.cis2.origin}/account`);
    await tabTo(/^Sign in$/);
    await desk.page.keyboard.press('Enter');
    await says(words.choice.title);
  });
});

test('the account page works without scripts and within its content security policy', async () => {
  await desk.fresh({ javaScriptEnabled: false });
  const refused: string[] = [];
  desk.page.on('console', (message) => refused.push(message.text()));
  await hasWay(gp.uid, 'Old name');
  await account(gp.uid);
  await desk.page.getByRole('link', { name: 'Rename or remove Old name' }).click();
  await desk.page.getByLabel(words.account.name).fill('New name');
  await desk.page.getByRole('button', { name: words.account.save }).click();
  await says('New name');
  assert.deepEqual(
    refused.filter((text) => /Content Security Policy/.test(text)),
    [],
  );
});

const passwordForm = () =>
  desk.page.goto(
    desk.cis2.authorizeUrl(desk.client).replace(desk.cis2.issuer, `${desk.cis2.origin}${passwordRealm.path}`),
  );

test('the password page works by keyboard', async () => {
  await hasWay(nurse.uid, 'Password');
  await passwordForm();
  await desk.page.keyboard.press('Tab');
  await desk.page.keyboard.press('Tab');
  await desk.page.keyboard.type('password@example.test');
  await desk.page.keyboard.press('Tab');
  await desk.page.keyboard.type(good);
  await desk.page.keyboard.press('Enter');
  assert.ok((await desk.arrived()).get('code'));
});

/** Shows a tablet request that ended with this state. */
async function tabletEnd(state: string): Promise<void> {
  const { page, cis2 } = desk;
  await page.goto(cis2.authorizeUrl(desk.client, { acr_values: 'AAL3_IOS' }));
  await page.getByRole('radio', { name: 'Tablet app' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('[data-code]').waitFor();
  const id = new URL(page.url()).pathname.split('/')[2];
  const request = await cis2.singleUse.peek<object>('cis2-tablet', `${id}.1`);
  assert.ok(request);
  await cis2.singleUse.replace('cis2-tablet', `${id}.1`, { ...request, state });
  await page.getByRole('alert').waitFor();
}
const ends = ['denied', 'wrongNumber', 'elsewhere'] as const;

describe('end of a tablet request', () => {
  for (const state of ends)
    test(`is shown without a reload, accessible, and continues by keyboard: ${state}`, async () => {
      await tabletEnd(state);
      assert.equal(await desk.page.getByRole('alert').textContent(), tabletText.desk[state]);
      await isAccessible(desk.page);
      await tabTo(tabletText.desk.again);
      await desk.page.keyboard.press('Enter');
      await desk.page.locator('[data-code]').waitFor();
    });
  test('offers another authenticator by keyboard', async () => {
    await tabletEnd('denied');
    await tabTo(tabletText.desk.otherWay);
    await desk.page.keyboard.press('Enter');
    await says(words.choice.title);
  });
  test('is accessible after the request has expired', async () => {
    await tabletEnd('denied');
    await desk.page.goto(desk.page.url().replace('request=1', 'request=5'));
    await desk.page.getByText(tabletText.desk.expired).waitFor();
    await isAccessible(desk.page);
  });
});

describe('accessibility (WCAG 2.2 AA), 320 px, dark', () => {
  test('has an accessible account with long names, one authenticator and a removed one', async () => {
    await hasWay(gp.uid, 'The key that hangs at my desk in the reception, on a blue band');
    await hasWay(gp.uid, 'Averyverylongnamewithoutanyspaceinitthatabrowsercannotbreakup');
    await account(gp.uid);
    await isAccessible(desk.page);
    await desk.page.getByRole('link', { name: 'Averyverylong' }).click();
    await says('Averyverylong');
    await isAccessible(desk.page);
    await desk.page.goto(`${desk.cis2.origin}/account/authenticator/nothing`);
    await isAccessible(desk.page);
  });
  test('has an accessible account without authenticators', async () => {
    await account(gp.uid);
    await isAccessible(desk.page);
  });
  test('has an accessible password page, also after a rejected one', async () => {
    await passwordForm();
    await isAccessible(desk.page);
    await desk.page.getByLabel(passwordText.name).fill('nobody');
    await desk.page.getByLabel(passwordText.password).fill('x');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('alert').waitFor();
    await isAccessible(desk.page);
  });
});
