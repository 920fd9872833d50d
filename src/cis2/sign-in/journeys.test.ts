import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import type { BrowserContext, Page } from 'playwright-core';
import { isAccessible } from '../../../test/testing/accessible.ts';
import { seedCredentials } from '../authenticators/seed.ts';
import { codeAt } from '../authenticators/totp/codes.ts';
import { cheapHash } from '../testing/cheap-hash.ts';
import { give } from '../testing/journey.ts';
import { type OtherProvider, startOtherProvider } from '../testing/other-provider.ts';
import { gp, locum, nurse } from '../testing/people.ts';
import { startWebAuthnDesk, type WebAuthnDesk } from '../testing/webauthn-desk.ts';

// Signing in and setting up each authenticator, in a real browser. Each page is accessible.
const password = 'green lamp sofa';
let desk: WebAuthnDesk;
let mail: OtherProvider;
let second: BrowserContext | undefined;

before(async () => {
  mail = await startOtherProvider();
  const provider = {
    id: 'federated',
    label: 'Example Mail',
    issuer: mail.issuer,
    clientId: mail.clientId,
    authentication: { secret: mail.clientSecret },
    scope: 'openid email',
    acr: ['second-factor'],
    nameClaim: 'email',
  };
  desk = await startWebAuthnDesk({}, {}, { clock: systemClock, providers: [provider] });
  mail.serve([`${desk.cis2.origin}/federated/federated/callback`]);
});
after(async () => {
  await desk.stop();
  await mail.stop();
});
beforeEach(async () => {
  await second?.close();
  second = undefined;
  mail.account = 'ada';
  await desk.fresh();
});

const ask = (acr: string, more: Record<string, string> = {}) =>
  desk.page.goto(desk.cis2.authorizeUrl(desk.client, { acr_values: acr, ...more }));
const choose = async (name: string) => {
  await desk.page.getByRole('radio', { name }).check();
  await desk.page.getByRole('button', { name: 'Continue' }).click();
};
const claimsAre = async (uid: string, acr: string, method: string, level: string) => {
  const claims = await desk.claims();
  assert.deepEqual(
    [claims.sub, claims.acr, claims.amr, claims.authentication_assurance_level],
    [uid, acr, [method], level],
  );
};
/** Opens a page in the separate browser of the tablet. */
const tabletPage = async (): Promise<Page> => {
  second ??= await desk.chromium.newContext({ viewport: { width: 768, height: 1024 } });
  return second.newPage();
};
const secretOn = async (page: Page) =>
  ((await page.locator('[data-secret]').textContent()) ?? '').replaceAll(' ', '');
const open = async (kind: string, uid: string, page = desk.page) => {
  await page.goto(await desk.link(kind, uid));
  await page.getByRole('button', { name: 'Begin' }).click();
};
const done = (page = desk.page) =>
  page.getByRole('heading', { name: 'Your new way to sign in is ready' }).waitFor();

describe('authenticator app', () => {
  const signIn = async (email: string, secret: string, acr = 'AAL2_TOTP') => {
    await ask(acr);
    await choose('Authenticator app');
    await desk.page.getByLabel('E-mail address').fill(email);
    await desk.page.getByLabel('Password').fill(password);
    await desk.page.getByRole('button', { name: 'Continue' }).click();
    await desk.page.getByLabel('Verification code').fill(codeAt(secret, desk.cis2.clock.now()));
    await desk.page.getByRole('button', { name: 'Submit' }).click();
  };
  test('is set up by a link and signs in', async () => {
    await open('totp', gp.uid);
    const secret = await secretOn(desk.page);
    await desk.page.getByLabel('New password', { exact: true }).fill(password);
    await desk.page.getByLabel('New password again').fill(password);
    await desk.page.getByLabel('Code from the app').fill(codeAt(secret, desk.cis2.clock.now()));
    await desk.page.getByRole('button', { name: 'Save' }).click();
    await done();
    desk.cis2.clock.advance(30);
    await signIn(gp.email, secret);
    await claimsAre(gp.uid, 'AAL2_TOTP', 'TOTP', '2');
  });
  test('shows errors at the field and keeps the key', async () => {
    await open('totp', nurse.uid);
    const secret = await secretOn(desk.page);
    await desk.page.getByLabel('New password', { exact: true }).fill('short');
    await desk.page.getByLabel('New password again').fill('short');
    await desk.page.getByLabel('Code from the app').fill('000000');
    await desk.page.getByRole('button', { name: 'Save' }).click();
    await desk.page.getByText('The password is too short').waitFor();
    await desk.page.getByText('This is not the code tha').waitFor();
    assert.equal(await secretOn(desk.page), secret);
    assert.equal(await desk.page.locator('[aria-invalid=true]').count(), 2);
    await isAccessible(desk.page);
  });
  test('works by keyboard and without scripts', async () => {
    const secret = 'ALONGSIDEKEYBOARDALONEXXXXXXXXXX';
    const email = 'keyboard@example.test';
    const body = { email, hash: cheapHash(password), lastStep: null };
    await give(desk.cis2, { uid: locum.uid, kind: 'totp', label: 'App', lookup: email, body, secret });
    await desk.fresh({ javaScriptEnabled: false });
    await ask('AAL2_TOTP');
    await desk.page.getByRole('radio', { name: 'Authenticator app' }).focus();
    await desk.page.keyboard.press('Space');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByLabel('E-mail address').focus();
    await desk.page.keyboard.type(email);
    await desk.page.keyboard.press('Tab');
    await desk.page.keyboard.type(password);
    await desk.page.keyboard.press('Enter');
    await desk.page.getByLabel('Verification code').focus();
    await desk.page.keyboard.type(codeAt(secret, desk.cis2.clock.now()));
    await desk.page.keyboard.press('Enter');
    await claimsAre(locum.uid, 'AAL2_TOTP', 'TOTP', '2');
  });
});

describe('tablet app', () => {
  /** Returns the code and the address on the page of the workstation. */
  const codeAtDesk = async () => (await desk.page.locator('[data-code]').textContent()) ?? '';
  const numberAtDesk = async () => (await desk.page.locator('[data-number]').textContent()) ?? '';
  const setUp = async (uid: string) => {
    const tablet = await tabletPage();
    await open('tablet', uid, tablet);
    await tablet.getByRole('button', { name: 'Set up this tablet' }).click();
    await done(tablet);
    return tablet;
  };
  test('is set up by a link on the tablet and signs in by scanning', async () => {
    const tablet = await setUp(locum.uid);
    await ask('AAL3_IOS');
    await choose('Tablet app');
    const code = await codeAtDesk();
    await isAccessible(desk.page);
    await tablet.goto(`${desk.cis2.origin}/tablet#${code}`);
    await tablet.getByText('is signing in to').waitFor();
    const number = await numberAtDesk();
    await isAccessible(tablet);
    await isAccessible(desk.page);
    await tablet.getByRole('button', { name: number, exact: true }).click();
    await tablet.getByRole('heading', { name: 'You are signed in at the workstation' }).waitFor();
    await claimsAre(locum.uid, 'AAL3_IOS', 'IOS', '3');
  });
  test('cannot be set up before its script is loaded', async () => {
    const tablet = await tabletPage();
    await tablet.route('**/tablet/app.browser.js', (route) => route.abort());
    await open('tablet', locum.uid, tablet);
    assert.ok(await tablet.getByRole('button', { name: 'Set up this tablet' }).isDisabled());
  });
  test('signs in with a typed code, and no script can read its key', async () => {
    const tablet = await setUp(nurse.uid);
    const extractable = await tablet.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open('alongside-tablet', 1);
          opening.onsuccess = () => {
            const request = opening.result.transaction('key').objectStore('key').get('tablet');
            request.onsuccess = () => resolve(request.result.privateKey.extractable);
          };
        }),
    );
    assert.equal(extractable, false);
    await ask('AAL3_ANY');
    await choose('Tablet app');
    await tablet.goto(`${desk.cis2.origin}/tablet`);
    await isAccessible(tablet);
    await tablet.getByLabel('Code').fill((await codeAtDesk()).toLowerCase());
    await tablet.getByRole('button', { name: 'Continue' }).click();
    await tablet.getByText('is signing in to').waitFor();
    await tablet.getByRole('button', { name: await numberAtDesk(), exact: true }).click();
    await claimsAre(nurse.uid, 'AAL3_ANY', 'IOS', '3');
  });
  test('stops the sign-in on both devices after a wrong number', async () => {
    const tablet = await setUp(locum.uid);
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await tablet.goto(`${desk.cis2.origin}/tablet#${await codeAtDesk()}`);
    await tablet.getByText('is signing in to').waitFor();
    const number = await numberAtDesk();
    const buttons = await tablet.locator('#numbers button').allTextContents();
    await tablet
      .getByRole('button', { name: buttons.find((one) => one !== number) ?? '', exact: true })
      .click();
    await tablet.getByText('This is not the number on the screen of the workstation').waitFor();
    await desk.page.getByText('The wrong number was chosen').waitFor();
    await desk.page.getByRole('link', { name: 'Try again' }).click();
    await desk.page.locator('[data-code]').waitFor();
  });
  test('stops the sign-in after a rejection on the tablet or a stop at the workstation', async () => {
    const tablet = await setUp(locum.uid);
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await tablet.goto(`${desk.cis2.origin}/tablet#${await codeAtDesk()}`);
    await tablet.getByRole('button', { name: 'No, it is not me' }).click();
    await tablet.getByRole('heading', { name: 'The sign-in was stopped' }).waitFor();
    await desk.page.getByText('You said no on your tablet').waitFor();
    await desk.page.getByRole('link', { name: 'Try again' }).click();
    await desk.page.getByRole('button', { name: 'Stop' }).click();
    await desk.page.getByText('How do you want to sign in?').waitFor();
  });
  test('polls once a second, slower without a response, and stops after two minutes', async () => {
    await desk.page.clock.install({ time: desk.cis2.clock.now() });
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await desk.page.locator('[data-code]').waitFor();
    const state = '**/tablet/state?*';
    let looks = 0;
    desk.page.on('request', (request) => {
      if (request.url().includes('/tablet/state?')) looks += 1;
    });
    for (let second = 1; second <= 3; second++) {
      const looked = desk.page.waitForResponse(state);
      await desk.page.clock.runFor(1_000);
      await (await looked).finished();
      assert.equal(looks, second);
    }
    // Without a network, it polls after 2, 4, 8 and then every 16 seconds.
    await desk.page.route(state, (route) => route.abort());
    looks = 0;
    let failures = 0;
    const failed = new EventEmitter();
    desk.page.on('requestfailed', () => {
      failures += 1;
      failed.emit('once more');
    });
    // A response from the server follows the events of earlier requests.
    const settle = () => desk.page.evaluate(() => fetch('/assets/authenticators/tablet/wait.browser.js'));
    const wait = async (seconds: number) => {
      await desk.page.clock.runFor(seconds * 1_000);
      await settle();
      while (failures < looks) await once(failed, 'once more');
      await settle();
    };
    for (let second = 0; second < 140; second += 4) await wait(4);
    assert.ok(looks >= 5 && looks <= 11, `${looks} looks`);
    const last = looks;
    await wait(160);
    assert.equal(looks, last);
  });
  test('reloads the waiting page without scripts until it expires', async () => {
    await desk.fresh({ javaScriptEnabled: false });
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await desk.page.locator('[data-code]').waitFor();
    assert.match(await desk.page.content(), /<noscript><meta http-equiv="refresh" content="3"><\/noscript>/);
    desk.cis2.clock.advance(121);
    await desk.page.reload();
    await desk.page.getByRole('alert').waitFor();
    assert.doesNotMatch(await desk.page.content(), /http-equiv="refresh"/);
    desk.cis2.clock.advance(-121);
  });
  test('signs in with the seeded tablet in development', async () => {
    await seedCredentials(desk.cis2);
    const tablet = await tabletPage();
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await tablet.goto(`${desk.cis2.origin}/tablet`);
    await tablet.getByRole('button', { name: 'Use the tablet of locum' }).click();
    await tablet.getByLabel('Code').fill(await codeAtDesk());
    await tablet.getByRole('button', { name: 'Continue' }).click();
    await tablet.getByText('is signing in to').waitFor();
    await tablet.getByRole('button', { name: await numberAtDesk(), exact: true }).click();
    await claimsAre(locum.uid, 'AAL3_IOS', 'IOS', '3');
  });
  test('is set up by the user by scanning and comparing numbers', async () => {
    // The user is signed in at level 3 with a first tablet.
    const first = await setUp(gp.uid);
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await first.goto(`${desk.cis2.origin}/tablet#${await codeAtDesk()}`);
    await first.getByText('is signing in to').waitFor();
    await first.getByRole('button', { name: await numberAtDesk(), exact: true }).click();
    await desk.arrived();
    await desk.page.goto(`${desk.cis2.origin}/account`);
    await desk.page.getByRole('radio', { name: 'Tablet app' }).check();
    await desk.page
      .getByRole('button', { name: /Add|Set up|Continue/ })
      .first()
      .click();
    const address = (await desk.page.locator('[data-address]').getAttribute('data-address')) ?? '';
    const other = await desk.chromium.newContext();
    const tablet = await other.newPage();
    await tablet.goto(address);
    await tablet.getByLabel('What do you call this tablet?').fill('Ward tablet');
    await tablet.getByRole('button', { name: 'Set up this tablet' }).click();
    await tablet.getByRole('heading', { name: 'Compare this number' }).waitFor();
    await desk.page.getByRole('heading', { name: 'Does the tablet show this number?' }).waitFor();
    await isAccessible(tablet);
    await isAccessible(desk.page);
    assert.equal(await tablet.locator('#number').textContent(), await numberAtDesk());
    assert.equal(await desk.page.getByLabel('What do you call this tablet?').inputValue(), 'Ward tablet');
    await desk.page.getByRole('button', { name: 'Yes, it is my tablet' }).click();
    await done();
    await desk.fresh();
    await ask('AAL3_IOS');
    await choose('Tablet app');
    await tablet.goto(`${desk.cis2.origin}/tablet#${await codeAtDesk()}`);
    await tablet.getByText('is signing in to').waitFor();
    await tablet.getByRole('button', { name: await numberAtDesk(), exact: true }).click();
    await claimsAre(gp.uid, 'AAL3_IOS', 'IOS', '3');
    await other.close();
  });
  test('attack: shows another number on a tablet that scans the picture first', async () => {
    await open('tablet', nurse.uid);
    await isAccessible(desk.page);
    const address = (await desk.page.locator('[data-address]').getAttribute('data-address')) ?? '';
    const thief = await tabletPage();
    await thief.goto(address);
    await thief.getByRole('button', { name: 'Set up this tablet' }).click();
    await thief.getByRole('heading', { name: 'Compare this number' }).waitFor();
    const own = await tabletPage();
    await own.goto(address);
    await own.getByRole('button', { name: 'Set up this tablet' }).click();
    await own.getByText('This code is unknown').waitFor();
    await desk.page.getByRole('button', { name: 'No, stop' }).click();
    await desk.page.locator('[data-address]').waitFor();
    assert.notEqual(await desk.page.locator('[data-address]').getAttribute('data-address'), address);
  });
});

describe('external provider', () => {
  test('is linked by an officer’s link and signs in', async () => {
    mail.account = 'new';
    await open('federated', nurse.uid);
    await isAccessible(desk.page);
    await desk.page.getByRole('link', { name: 'Sign in at Example Mail' }).click();
    await done();
    await desk.page.getByText('new@mail.example.test').waitFor();
    await desk.fresh();
    await ask('AAL2_NHSMAIL');
    await choose('Example Mail');
    await claimsAre(nurse.uid, 'AAL2_NHSMAIL', 'NHSMAIL', '2');
  });
  test('rejects an account that is already linked', async () => {
    mail.account = 'taken';
    const body = { issuer: mail.issuer, name: '' };
    const lookup = `${mail.issuer}|taken`;
    await give(desk.cis2, { uid: gp.uid, kind: 'federated', label: '', lookup, body });
    await open('federated', nurse.uid);
    await desk.page.getByRole('link', { name: 'Sign in at Example Mail' }).click();
    await desk.page.getByText('That account is already linked').waitFor();
  });
  test('shows that the user denied access there', async () => {
    mail.account = null;
    await ask('AAL2_NHSMAIL');
    await choose('Example Mail');
    await desk.page.getByText('You did not sign in at Example Mail').waitFor();
  });
});

test('the persona page is accessible and signs in as anyone in development', async () => {
  await ask('AAL3_FIDO2');
  await isAccessible(desk.page);
  await choose('Test user');
  await desk.page.getByRole('radio', { name: locum.displayName }).waitFor();
  await isAccessible(desk.page);
  await desk.page.getByRole('radio', { name: locum.displayName }).check();
  await desk.page.getByRole('button', { name: 'Sign in' }).click();
  await claimsAre(locum.uid, 'AAL3_FIDO2', 'FIDO2', '3');
});

test('the forms of the authenticator app and of a password are accessible, also with an error', async () => {
  await ask('AAL2_TOTP');
  await choose('Authenticator app');
  await desk.page.getByLabel('E-mail address').fill('nobody-at-all@example.test');
  await desk.page.getByLabel('Password').fill('x');
  await isAccessible(desk.page);
  await desk.page.getByRole('button', { name: 'Continue' }).click();
  await desk.page.getByLabel('Verification code').fill('123456');
  await desk.page.getByRole('button', { name: 'Submit' }).click();
  await desk.page.getByRole('alert').waitFor();
  await isAccessible(desk.page);
  await open('password', nurse.uid);
  await desk.page.getByLabel('New password again').waitFor();
  await isAccessible(desk.page);
});
