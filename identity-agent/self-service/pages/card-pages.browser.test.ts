import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { examine, examineInAllWindows } from '../../../test/testing/accessible.ts';
import { launchBrowser } from '../../../test/testing/browser.ts';
import { roleOf } from '../../testing/cis.ts';
import { ada, rightPin, testDesk } from '../../testing/desk.ts';

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

describe('the card pages in Chromium', () => {
  test('are accessible and fit in light, dark and narrow windows', async (t) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    const context = await browser.newContext({ bypassCSP: true });
    t.after(() => context.close());
    const page = await context.newPage();
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    await page.goto(`${desk.origin}/sign-in`);
    await examineInAllWindows(page, 'sign-in-none');
    await desk.call('insertCard', { card: 'ada' });
    await page.fill('#pin', '999999');
    await page.press('#pin', 'Enter');
    await page.getByText('2 attempts left.').waitFor();
    await examineInAllWindows(page, 'sign-in-pin-wrong');
    await page.fill('#pin', rightPin);
    await page.press('#pin', 'Enter');
    await page.getByText('Which role are you working in?').waitFor();
    await examineInAllWindows(page, 'sign-in-role');
    await page.click('text=Role 2');
    await page.click('text=Continue');
    await page.getByText('You can close this page.').waitFor();
    await examineInAllWindows(page, 'sign-in-done');
    await desk.call('takeCard');
    // The page continues by itself and would replace the next one.
    await page.getByText('Put your smartcard into the reader').waitFor();
    await page.goto(`${desk.origin}/card`);
    await examineInAllWindows(page, 'card-none');
    await desk.call('insertCard', { card: 'ada' });
    await page.getByText('3 attempts left').waitFor();
    await examineInAllWindows(page, 'card-overview');
    await page.click('text=Change your PIN');
    await examineInAllWindows(page, 'card-change-pin');
    await page.fill('#pin', '999999');
    await page.fill('#newPin', '222222');
    await page.fill('#again', '222222');
    await page.press('#again', 'Enter');
    await page.getByText('2 attempts left').waitFor();
    await examineInAllWindows(page, 'card-change-pin-wrong');
    await page.click('text=Back to your smartcard');
    await page.click('text=Renew your smartcard');
    await examineInAllWindows(page, 'card-renew');
    await desk.call('insertCard', { card: 'locked' });
    await page.click('text=Back to your smartcard');
    await page.getByText('blocked after three wrong entries').waitFor();
    await examineInAllWindows(page, 'card-blocked');
    await page.click("text=with the card's own unblocking code");
    await examineInAllWindows(page, 'card-unblock');
    await page.click('text=Back to your smartcard');
    await page.click('text=with a code that is mailed to you');
    await examineInAllWindows(page, 'card-unlock-code');
    await page.click('text=Mail me a code');
    await page.getByText('on its way').waitFor();
    await examineInAllWindows(page, 'card-unlock');
  });

  test('lead from a blocked card back to the sign-in, under the real content security policy', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'locked' });
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const { jws } = await desk.cis2.request();
    await page.goto(`${desk.origin}/v1/cis2?request=${jws}`);
    await page.click('text=Unblock this smartcard');
    await page.click('text=Mail me a code');
    await page.waitForSelector('#code');
    const { code } = desk.cis.cards.mailed.get(desk.agent.card?.label.serial ?? '') ?? { code: '' };
    await page.fill('#code', code);
    await page.fill('#newPin', '222222');
    await page.fill('#again', '222222');
    await page.press('#again', 'Enter');
    await page.click('text=Continue signing in');
    await page.fill('input[name=pin]', '222222');
    await page.press('input[name=pin]', 'Enter');
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
    assert.equal(desk.cis2.proofs.length, 1);
  });

  test('offer the renewal on one page between the PIN and the return', async (t) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.call('insertCard', { card: 'ada' });
    const context = await browser.newContext({ bypassCSP: true });
    t.after(() => context.close());
    const page = await context.newPage();
    const { jws } = await desk.cis2.request();
    await page.goto(`${desk.origin}/v1/cis2?request=${jws}`);
    await page.fill('input[name=pin]', rightPin);
    await page.press('input[name=pin]', 'Enter');
    await page.getByText('ends on 24 December 2026').waitFor();
    await examine(page, 'light-renewal');
    await page.click('text=Renew now');
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
    assert.equal(desk.cis.cards.renewed.length, 1);
  });

  test('show the confirmation of an agent that asks first', async (t) => {
    const desk = await testDesk(t, { confirmSignIn: true });
    await desk.signIn();
    const context = await browser.newContext({ bypassCSP: true });
    t.after(() => context.close());
    const page = await context.newPage();
    const { jws } = await desk.cis2.request();
    await page.goto(`${desk.origin}/v1/cis2?request=${jws}`);
    await page.getByRole('button', { name: /^Continue as/ }).waitFor();
    await examine(page, 'light-confirm');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
  });
});
