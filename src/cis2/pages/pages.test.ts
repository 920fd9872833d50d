import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { isAccessible } from '../../../test/testing/accessible.ts';
import { launchBrowser } from '../../../test/testing/browser.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { type AgentPage, startAgentPage } from '../testing/agent-page.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp, locum, nurse, nurseRole } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';

let chromium: Browser;
let context: BrowserContext;
let page: Page;
let cis2: Instance;
let agentPage: AgentPage;
let rp: RpEndpoint;
let client: Cis2Registration;
let callback: string;

before(async () => {
  [chromium, agentPage, rp] = await Promise.all([launchBrowser(), startAgentPage(), startRpEndpoint()]);
  cis2 = await startInstance({ agentUrl: agentPage.url });
  agentPage.agent = cis2.agent;
  callback = rp.url.replace('/backchannel-logout', '/callback');
  client = await cis2.register({ redirectUris: [callback], postLogoutRedirectUris: [callback] });
});
after(async () => {
  await chromium.close();
  await cis2.stop();
  await agentPage.stop();
  await rp.stop();
});
beforeEach(async () => {
  context = await chromium.newContext();
  page = await context.newPage();
  agentPage.asks = true;
  agentPage.isThere = true;
  await cis2.agent.signIn(gp.uid);
});
afterEach(() => context.close());

const choice = () => page.goto(cis2.authorizeUrl(client, { prompt: 'select_account' }));
const arrived = () => page.waitForURL((url) => url.href.startsWith(callback));

const roles = async (uid: string) => {
  agentPage.asks = false;
  await cis2.agent.signIn(uid, { generation: 'internet' });
  await page.goto(cis2.authorizeUrl(client, { scope: 'openid selectedrole' }));
  await page.getByRole('heading', { name: 'Choose your role' }).waitFor();
};

describe('choice page', () => {
  test('opens the hop in a small window, which closes, and continues the sign-in', async () => {
    await choice();
    const [small] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: 'Continue' }).click(),
    ]);
    await page.getByText('A small window has opened').waitFor();
    await small.locator('#pin').waitFor();
    await Promise.all([arrived(), small.locator('#pin').click()]);
    assert.match(page.url(), /code=/);
    if (!small.isClosed()) await small.waitForEvent('close');
  });

  const calm = () =>
    page.getByRole('alert').filter({ hasText: 'This computer cannot read smartcards just now' });
  const isCalm = async (code: string) => {
    await calm().waitFor();
    const text = (await calm().textContent()) ?? '';
    assert.match(text, /Wait a minute, then try again\. Or choose another way to sign in above\./);
    assert.match(text, new RegExp(`give your IT team this code: ${code}`));
    // What only IT can act on is folded.
    assert.equal(await page.getByText('LoopbackNetworkAllowedForUrls').isVisible(), false);
    await calm().getByText('For IT').click();
    assert.match(
      (await calm().textContent()) ?? '',
      /not running.*uses the port.*proxy.*Local Network Access/s,
    );
    await isAccessible(page);
  };

  test('says what to do and opens no window if the agent does not respond, and signs in once it does', async () => {
    agentPage.isThere = false;
    await choice();
    await page.getByRole('button', { name: 'Continue' }).click();
    await isCalm('SC-1');
    assert.equal(context.pages().length, 1, 'no window shows an error of the browser');
    assert.equal(await page.getByText('A small window has opened').isVisible(), false);
    agentPage.isThere = true;
    const [small] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: 'Try again' }).click(),
    ]);
    await page.getByText('A small window has opened').waitFor();
    assert.equal(await calm().isVisible(), false);
    await Promise.all([arrived(), small.locator('#pin').click()]);
  });

  test('says the same if nothing comes back from the window after 4 s', async () => {
    await page.clock.install({ time: 0 });
    await choice();
    await page.clock.pauseAt(60_000);
    await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Continue' }).click()]);
    await page.getByText('A small window has opened').waitFor();
    await page.clock.runFor(3_900);
    assert.equal(await calm().isVisible(), false);
    await page.clock.runFor(200);
    await page.clock.resume();
    await isCalm('SC-2');
  });

  test('has a plain link too', async () => {
    await choice();
    await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Continue' }).click()]);
    agentPage.asks = false;
    await Promise.all([arrived(), page.getByRole('link', { name: 'in this window' }).click()]);
    assert.match(page.url(), /code=/);
  });

  test('works without scripts', async () => {
    const plain = await chromium.newContext({ javaScriptEnabled: false });
    page = await plain.newPage();
    agentPage.asks = false;
    await choice();
    await Promise.all([arrived(), page.getByRole('button', { name: 'Continue' }).click()]);
    assert.match(page.url(), /code=/);
    await plain.close();
  });

  test('returns to the client after cancel', async () => {
    await choice();
    await Promise.all([arrived(), page.getByRole('button', { name: 'Cancel' }).click()]);
    assert.match(page.url(), /error=access_denied/);
  });

  test('works by keyboard alone', async () => {
    await choice();
    agentPage.asks = false;
    await page.getByRole('radio', { name: 'Smartcard' }).focus();
    const [small] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')]);
    await arrived();
    if (!small.isClosed()) await small.waitForEvent('close');
  });
});

describe('role page', () => {
  const chosen = async () => {
    await arrived();
    const back = { status: 302, headers: {}, body: '', location: page.url() };
    return decodeJwt((await redeem(cis2, client, back)).id_token)?.claims.selected_roleid;
  };

  test('works by keyboard alone', async () => {
    await roles(nurse.uid);
    // The skip link is the first stop, and the radio buttons the next.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await chosen(), nurseRole.roleId);
  });
  test('labels a radio button with job and organisation', async () => {
    await roles(nurse.uid);
    await page.getByRole('radio', { name: 'Nurse Access Role Example Surgery (A9A5A)' }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.equal(await chosen(), nurseRole.roleId);
  });
  test('requires a choice in the browser', async () => {
    await roles(nurse.uid);
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.equal(await page.locator('input:invalid').count(), 2);
    await Promise.all([arrived(), page.getByRole('button', { name: 'Cancel' }).click()]);
    assert.match(page.url(), /error=access_denied/);
  });
  test('has a search that works by keyboard and without scripts', async () => {
    const plain = await chromium.newContext({ javaScriptEnabled: false });
    page = await plain.newPage();
    await roles(locum.uid);
    await page.getByRole('searchbox', { name: 'Search your roles' }).fill('nurse b9a5a');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 8 roles').waitFor();
    await page.getByRole('radio').check();
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.equal(await chosen(), '656005000007');
    await plain.close();
  });
});

test('a form is submitted once, and again after ten seconds without a response', async () => {
  await page.clock.install();
  await roles(nurse.uid);
  await page.getByRole('radio').first().check();
  // The test only checks whether the script prevented the submission.
  const press = () =>
    page.evaluate(`new Promise((resolve) => {
      const form = document.querySelector('form[method=post]');
      form.addEventListener('submit', (event) => {
        resolve(event.defaultPrevented);
        event.preventDefault();
      }, { once: true });
      form.requestSubmit();
    })`);
  assert.deepEqual([await press(), await press()], [false, true]);
  await page.clock.runFor(10_100);
  assert.equal(await press(), false);
});

test('a workstation with a session sees only redirects', async () => {
  agentPage.asks = false;
  const shown: string[] = [];
  page.on('domcontentloaded', () => shown.push(new URL(page.url()).pathname));
  await page.goto(cis2.authorizeUrl(client));
  assert.match(page.url(), /code=/);
  assert.deepEqual(shown, ['/callback']);
});

test('form_post submits automatically within its content security policy', async () => {
  agentPage.asks = false;
  rp.received = [];
  await page.goto(cis2.authorizeUrl(client, { response_mode: 'form_post' }));
  await arrived();
  assert.ok(rp.received.at(-1)?.get('code'));
  assert.equal(rp.received.at(-1)?.get('iss'), cis2.issuer);
});

describe('accessibility (WCAG 2.2 AA), 320 px, dark', () => {
  const signedIn = async () => {
    agentPage.asks = false;
    await page.goto(cis2.authorizeUrl(client));
    await arrived();
    return redeem(cis2, client, { status: 302, headers: {}, body: '', location: page.url() });
  };
  test('has an accessible choice page, without and with help', async () => {
    await page.clock.install();
    await choice();
    await isAccessible(page);
    await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Continue' }).click()]);
    await page.getByText('A small window has opened').waitFor();
    await page.clock.runFor(4_100);
    await page.locator('#unreachable').waitFor();
    await isAccessible(page);
  });
  test('has an accessible role page, also after a missing choice', async () => {
    await roles(nurse.uid);
    await isAccessible(page);
    await page.evaluate('document.querySelector("form[method=post]").submit()');
    await page.getByRole('alert').waitFor();
    await isAccessible(page);
  });
  test('has an accessible search of roles, also without results', async () => {
    await roles(locum.uid);
    await isAccessible(page);
    await page.getByRole('searchbox').fill('nowhere');
    await page.keyboard.press('Enter');
    await page.getByRole('status').waitFor();
    await isAccessible(page);
  });
  test('has accessible pages for errors, also with a long address, for help and after sign-out', async () => {
    const long = `https://app.example.test/${'way/'.repeat(20)}`;
    for (const address of [
      cis2.authorizeUrl(client, { client_id: 'nobody' }),
      cis2.authorizeUrl(client, { redirect_uri: long }),
      `${cis2.origin}/help/smartcard`,
      `${cis2.issuer}/connect/endSession`,
    ]) {
      await page.goto(address);
      await isAccessible(page);
    }
  });
  test('has accessible pages to confirm a sign-out and a repeated sign-in', async () => {
    const { id_token } = await signedIn();
    await page.goto(`${cis2.issuer}/connect/endSession`);
    await isAccessible(page);
    cis2.clock.advance(1);
    await page.goto(`${cis2.issuer}/connect/endSession?id_token_hint=${id_token}`);
    await page.goto(cis2.authorizeUrl(client));
    await page.getByRole('heading', { name: 'Continue as' }).waitFor();
    await isAccessible(page);
  });
});
