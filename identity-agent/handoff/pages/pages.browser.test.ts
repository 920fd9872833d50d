import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { examineInAllWindows } from '../../../test/testing/accessible.ts';
import { launchBrowser } from '../../../test/testing/browser.ts';
import { roleOf } from '../../testing/cis.ts';
import { ada, ben, rightPin, type TestDesk, testDesk } from '../../testing/desk.ts';

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

async function open(
  t: { after(end: () => Promise<void>): void },
  desk: TestDesk,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const { jws } = await desk.cis2.request();
  await page.goto(`${desk.origin}/v1/cis2?request=${jws}`);
  return page;
}

describe("the agent's pages in Chromium", () => {
  test('are accessible and fit in light, dark and narrow windows', async (t) => {
    const desk = await testDesk(t);
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    desk.cis.refused.set(ben, {
      code: 'certificate_expired',
      sentence: 'The certificate on this card has expired.',
    });
    const page = await open(t, desk);
    await examineInAllWindows(page, 'insert');
    await desk.call('insertCard', { card: 'ada' });
    await page.waitForSelector('input[name=pin]');
    await examineInAllWindows(page, 'pin');
    await page.fill('input[name=pin]', '999999');
    await page.press('input[name=pin]', 'Enter');
    await page.getByText('2 attempts left').waitFor();
    await examineInAllWindows(page, 'pin-wrong');
    await page.fill('input[name=pin]', rightPin);
    await page.press('input[name=pin]', 'Enter');
    await page.getByText('Choose your role').first().waitFor();
    await examineInAllWindows(page, 'role');
    await desk.call('insertCard', { card: 'locked' });
    await page.getByText('is blocked').first().waitFor();
    await examineInAllWindows(page, 'blocked');
    await desk.call('insertCard', { card: 'ben' });
    await page.fill('input[name=pin]', rightPin);
    await page.press('input[name=pin]', 'Enter');
    await page.getByText('has expired').waitFor();
    await examineInAllWindows(page, 'rejected');
    await page.goto(`${desk.origin}/interaction/none`);
    await examineInAllWindows(page, 'error');
  });

  test('lead back to CIS2 after the PIN and Enter, under the real content security policy', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await open(t, desk, { bypassCSP: false });
    // The browser focuses the field when it first renders the page.
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'pin');
    await page.keyboard.type(rightPin);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
    assert.deepEqual(
      desk.cis2.proofs.map(({ sub }) => sub),
      [ada],
    );
  });

  test('continue if the PIN is entered elsewhere, and a silent sign-in shows no page', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await open(t, desk, { bypassCSP: false });
    await desk.call('answerPin', { pin: rightPin });
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
    const silent = await open(t, desk);
    assert.ok(silent.url().startsWith(`${desk.cis2.origin}/agent/return?code=`));
  });

  test('wait for the card without script, and let the user leave', async (t) => {
    const desk = await testDesk(t);
    const page = await open(t, desk, { javaScriptEnabled: false, bypassCSP: false });
    await desk.call('insertCard', { card: 'ada' });
    await page.waitForSelector('input[name=pin]');
    await page.click('button[value=another_way]');
    await page.waitForURL(`${desk.cis2.origin}/agent/return?code=*`);
    assert.deepEqual(desk.cis2.reasons, ['another_way']);
  });

  test('cannot be read, framed or posted to by other pages', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await open(t, desk, { bypassCSP: false });
    const { pathname } = new URL(page.url());
    const evil = await page.context().newPage();
    await evil.goto(`${desk.cis2.origin}/agent/return`);
    const { jws } = await desk.cis2.request();
    const tried = await evil.evaluate(
      async ([agent, path, request]) => {
        const fetched = await fetch(`${agent}/v1/cis2?request=${request}`).then(
          (answer) => answer.status,
          () => 'blocked',
        );
        const body = new URLSearchParams({ pin: '999999', card: '' });
        const posted = await fetch(`${agent}${path}/pin`, { method: 'POST', body, mode: 'no-cors' }).then(
          (answer) => answer.type,
          () => 'blocked',
        );
        const form = Object.assign(document.createElement('form'), {
          method: 'post',
          action: `${agent}${path}/pin`,
        });
        form.innerHTML = '<input name="pin" value="999999"><input name="card" value="">';
        document.body.append(form);
        form.submit();
        return { fetched, posted };
      },
      [desk.origin, pathname, jws] as const,
    );
    assert.deepEqual(tried.fetched, 'blocked');
    await evil.waitForURL(`${desk.origin}${pathname}/pin`);
    assert.match(await evil.content(), /not sent by a page of the Identity Agent/);
    assert.equal((await desk.call('status')).attemptsLeft, 3);
    assert.equal(desk.cis2.codes.length, 0);
  });
});
