import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { startConsole } from '../../src/console/testing/console.ts';
import { sql } from '../../src/storage/database.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

describe('the pages for desk, tests and operation', () => {
  let instance: TestInstance;
  let browser: Browser;
  let context: BrowserContext;
  let complaints: string[];
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  beforeEach(async () => {
    await context?.close();
    await instance.api('DELETE', '/readers/0/card');
    context = await browser.newContext();
    complaints = [];
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  async function open(path: string): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(instance.urls.console + path);
    return page;
  }

  /** Returns the links to places that the page does not have. */
  const brokenAnchors = (page: Page) =>
    page
      .locator('main a[href^="#"]')
      .evaluateAll((links) =>
        links
          .map((link) => link.getAttribute('href') ?? '')
          .filter((href) => !document.getElementById(href.slice(1))),
      );

  test('insert a card, give its PIN, choose a role, lock, sign out and remove the card', async () => {
    const page = await open('/desk');
    await page.getByRole('img', { name: 'Empty reader' }).waitFor();
    const admin = await page.locator('#card option', { hasText: '(admin)' }).getAttribute('value');
    await page.getByLabel('Card', { exact: true }).selectOption(admin);
    await page.getByRole('button', { name: 'Insert', exact: true }).press('Enter');
    const pin = page.getByLabel('PIN', { exact: true });
    await page.locator('#pin:focus').waitFor();
    await page.keyboard.type('111111');
    await page.keyboard.press('Enter');
    await page.getByText('The PIN is wrong. 2 attempts left.').waitFor();
    await pin.fill('123456');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'Role for this session' }).waitFor();
    await page.getByRole('radio').nth(1).check();
    await page.getByRole('button', { name: 'Choose this role' }).click();
    await page.getByRole('img', { name: /^Reader with the card of .*, signed in$/ }).waitFor();
    await page.getByText('The session of this desk began').waitFor();
    await page.getByRole('button', { name: 'Lock the screen' }).click();
    await page.getByText('The screen is locked.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Nobody is signed in here').waitFor();
    await page.getByRole('button', { name: 'Remove the card' }).click();
    await page.getByRole('img', { name: 'Empty reader' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('change when the card is removed during a sign-in, and keep focus, selection and typing', async () => {
    await instance.signInAtDesk('gp');
    const sample = await open('/desk');
    await sample.goto(`${instance.urls.sample}/sign-in/combined`);
    await sample.getByRole('button', { name: 'Find patient' }).waitFor();
    const [desk, sessions, journeys] = [await open('/desk'), await open('/sessions'), await open('/audit')];
    const list = await open('/journeys');
    const signedOut = list.getByRole('row', { name: /Signed out/ });
    const before = await signedOut.count();
    await list.getByRole('button', { name: 'Compare two' }).focus();
    await desk.getByRole('link', { name: 'Session at CIS2' }).waitFor();
    const person = sessions.getByLabel('Person: uid or persona');
    await person.fill('half a na');
    await sessions.getByText('ends with the workstation').waitFor();
    await journeys.evaluate(() => getSelection()?.selectAllChildren(document.querySelector('h1') as Node));
    await desk.getByRole('button', { name: 'Remove the card' }).focus();
    await instance.api('DELETE', '/readers/0/card');
    await desk.getByRole('img', { name: 'Empty reader' }).waitFor();
    await desk.getByText('Nobody is signed in here').waitFor();
    await sessions.getByText('No session. One begins when a user signs in.').waitFor();
    await journeys.getByRole('link', { name: 'cis.session-ended' }).first().waitFor();
    await signedOut.nth(before).waitFor();
    assert.equal(await list.evaluate(() => document.activeElement?.textContent), 'Compare two');
    assert.equal(await person.inputValue(), 'half a na');
    assert.ok(await person.evaluate((input) => input === document.activeElement));
    assert.equal(await journeys.evaluate(() => String(getSelection())), 'Audit');
    assert.deepEqual(complaints, []);
  });

  test('keep a PIN that is being typed while other things change', async () => {
    const page = await open('/desk');
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    const pin = page.getByLabel('PIN', { exact: true });
    await pin.pressSequentially('123');
    await instance.api('PUT', '/faults/pds-slow', { next: 1 });
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    await page.getByText('Fault: pds-slow').waitFor();
    assert.equal(await pin.inputValue(), '123');
    await pin.pressSequentially('456');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /signed in$/ }).waitFor();
    await instance.api('DELETE', '/faults');
  });

  test('keep a PIN that is typed while a change is on its way to the page', async () => {
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    const page = await open('/desk');
    const pin = page.getByLabel('PIN', { exact: true });
    const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route('**/fragments/**', async (route) => {
      const response = await route.fetch();
      held.resolve();
      await released.promise;
      await route.fulfill({ response });
    });
    await pin.fill('111111');
    await page.keyboard.press('Enter');
    await page.getByText('The PIN is wrong. 2 attempts left.').waitFor();
    await held.promise;
    await pin.fill('123456');
    released.resolve();
    await page.getByRole('button', { name: / new$/ }).first().waitFor();
    assert.equal(await pin.inputValue(), '123456');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /signed in$/ }).waitFor();
  });

  test('move and freeze the clock, which every page shows, and list the effects of a move', async () => {
    await instance.signInAtDesk('gp');
    const [page, other] = [await open('/clock'), await open('/keys')];
    const row = page.getByRole('row', { name: /^1 day ahead/ });
    await row.getByText('1 session at a workstation').waitFor();
    await page.getByLabel('Time in UTC').fill('soon');
    await page.keyboard.press('Enter');
    await page.getByText('This is not a time.').waitFor();
    await page.getByLabel('Time in UTC').fill('2030-01-31 09:00');
    await page.keyboard.press('Enter');
    await page
      .getByRole('button', { name: /^Move .* ahead$/ })
      .last()
      .click();
    await page.getByRole('link', { name: /^Clock: moved to 2030-01-31/ }).waitFor();
    await other.getByRole('link', { name: /^Clock: moved to 2030-01-31/ }).waitFor();
    await page.getByRole('button', { name: 'Freeze' }).click();
    await other.getByRole('link', { name: /^Clock: stands still at 2030-01-31/ }).waitFor();
    const { now, frozen } = await instance.api<{ now: string; frozen: boolean }>('GET', '/clock');
    assert.ok(frozen);
    assert.equal((await instance.api<{ now: string }>('GET', '/clock')).now, now);
    await page.getByRole('button', { name: 'Back to real time' }).click();
    await other.getByRole('link', { name: /^Clock: real time/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('switch a fault on for the next two times, after an error at its field, and off by itself', async () => {
    const page = await open('/faults');
    await page.getByRole('link', { name: 'More on platform-token-unavailable' }).click();
    await page.getByLabel('Next', { exact: true }).fill('2');
    await page.getByLabel('Probability').fill('2');
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.locator('#probability-error', { hasText: 'must be 0 to 1' }).waitFor();
    assert.equal(await page.getByLabel('Next', { exact: true }).inputValue(), '2');
    await page.getByLabel('Probability').fill('');
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('row', { name: /platform-token-unavailable.*the next 2 times/ }).waitFor();
    await page.getByRole('link', { name: 'Fault: platform-token-unavailable' }).waitFor();
    const statuses = [];
    for (let n = 0; n < 3; n += 1)
      statuses.push((await fetch(`${instance.urls.api}/oauth2/token`, { method: 'POST' })).status);
    assert.deepEqual(statuses, [503, 503, 415]);
    await page.getByText('No fault is on.').waitFor();
    // Its row lists the journeys that it hit, and each of them is marked.
    await page.locator('#fault-platform-token-unavailable li a').nth(1).click();
    await page.waitForURL(/\/journeys\//);
    await page.goto(`${instance.urls.console}/journeys`);
    await page.getByText('fault platform-token-unavailable').nth(1).waitFor();
    await page.goto(`${instance.urls.console}/faults`);
    await page.getByRole('button', { name: 'Next time : id-token-expired' }).press('Enter');
    await page.locator('#fault-id-token-expired:focus').waitFor();
    await page.getByRole('button', { name: 'All off' }).click();
    await page.getByRole('link', { name: 'No fault on' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('list a mail with its code, and explain its cause', async () => {
    const page = await open('/mail');
    await page.getByText('There is no mail.').waitFor();
    await instance.api('PATCH', '/cards/gp', { locked: true });
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    const agent = await AgentConnection.open(String(instance.state.agentSocket));
    await agent.call('requestUnlockCode', {});
    agent.close();
    await page.getByRole('link', { name: 'Your smartcard unlock code' }).click();
    const code = await page.locator('.copied code').textContent();
    assert.match(code ?? '', /^\d{8}$/);
    await page.getByRole('button', { name: 'Copy the code' }).waitFor();
    assert.equal((await page.goto(`${instance.urls.console}/mail/unknown`))?.status(), 404);
    await instance.api('PATCH', '/cards/gp', { locked: false });
  });

  test('preview an import, name the line of an error, and restore chosen parts', async () => {
    const page = await open('/data');
    const state = await instance.api<{ people: { uid: string }[] }>('GET', '/export?cards=false');
    const choose = (text: string) =>
      page.getByLabel('File of an export').setInputFiles({
        name: 'export.json',
        mimeType: 'application/json',
        buffer: Buffer.from(text),
      });
    await choose('{\n"version": 1,\n]');
    await page.getByText('The file is not JSON at line 3.').waitFor();
    const text = JSON.stringify({ ...state, people: [...state.people, state.people[0]] }, null, 1);
    const last = text.lastIndexOf(`"uid": "${state.people[0]?.uid}"`, text.indexOf('\n "patients":'));
    const line = text.slice(0, last).split('\n').length;
    await choose(text);
    await page.getByText(`Line ${line}: people.${state.people.length}.uid`).waitFor();
    await choose(JSON.stringify({ ...state, people: state.people.slice(1) }));
    await page
      .getByRole('row', { name: `people ${state.people.length} ${state.people.length - 1} 0 0 1` })
      .waitFor();
    await page.getByRole('row', { name: 'cards not in the file: does not change' }).waitFor();
    await page.getByRole('button', { name: 'Import and replace' }).click();
    await page.getByText('The file is imported.').waitFor();
    for (const part of ['Clock', 'Faults', 'Patients']) await page.getByLabel(part).uncheck();
    await page.getByRole('button', { name: 'Restore…' }).click();
    await page.getByText('The seed data is restored.').waitFor();
    const { people } = await instance.api<{ people: unknown[] }>('GET', '/export?cards=false');
    assert.equal(people.length, state.people.length);
    assert.deepEqual(complaints, []);
  });

  test('end the sessions of a person, announce keys and show the health of each part', async () => {
    await instance.signInAtDesk('gp');
    const page = await open('/sessions?person=gp');
    await page.getByRole('button', { name: /^End all sessions of/ }).click();
    await page.getByText('This person has no session.').waitFor();
    await instance.signInAtDesk('gp');
    await page.goto(`${instance.urls.console}/people/gp`);
    await page.getByText('1 session at a workstation.').waitFor();
    await page.getByRole('button', { name: /^End all sessions of/ }).click();
    await page.getByText('1 session at a workstation.').waitFor({ state: 'detached' });
    await page.goto(`${instance.urls.console}/sessions?person=nobody`);
    await page.getByText('No person is called nobody.').waitFor();
    await page.goto(`${instance.urls.console}/keys`);
    await page.getByRole('button', { name: 'Announce successors of cis', exact: true }).click();
    await page
      .getByRole('region', { name: /^CIS: / })
      .getByText('announced')
      .first()
      .waitFor();
    await page.goto(`${instance.urls.console}/health`);
    await page.getByText('No alert is firing.').waitFor();
    await page.getByRole('link', { name: 'What to do at each alert' }).click();
    await page.getByRole('link', { name: 'AlongsideClockWrong' }).first().click();
    await page.waitForURL(/\/runbooks#alongsideclockwrong$/);
    assert.deepEqual(await brokenAnchors(page), []);
    await page.goBack();
    await page.goBack();
    assert.equal(await page.getByText('responds', { exact: true }).count(), 6);
    await page.getByRole('row', { name: /^console / }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('filter the audit log, open a record and verify the chains', async () => {
    await instance.signInAtDesk('gp');
    const page = await open('/audit');
    await page.getByLabel('Action').selectOption('cis.sign-in');
    await page.waitForURL(/action=cis\.sign-in/);
    const what = page.locator('td[data-label=What]').first();
    assert.ok((await what.evaluate((cell) => cell.clientWidth)) >= 256, 'the details break no words');
    await page.getByRole('link', { name: 'cis.sign-in' }).first().click();
    await page.getByText('A card and its PIN became a session, or were refused.').waitFor();
    await page.getByRole('link', { name: '656005750108' }).click();
    await page.waitForURL(/actor=656005750108/);
    await page.getByRole('button', { name: 'Verify the chains' }).click();
    await page.getByText(/^Verified \d+ records in 1 chain: all as written/).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('report that the console does not respond, and recover', async () => {
    const changes = '**/api/v1/changes';
    await context.route(changes, (route) => route.abort());
    const page = await open('/faults');
    await page.getByRole('button', { name: /^Disconnected, trying again in / }).waitFor();
    await page.getByText('The console does not respond. This page shows an earlier state.').waitFor();
    await context.unroute(changes);
    await page.getByRole('button', { name: 'Live' }).waitFor();
    await page.getByText('Connected again.').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('name the record at which a chain is broken', async () => {
    const console_ = await startConsole();
    for (const target of ['a', 'b', 'c'])
      await console_.audit.recordAlone({ action: 'keys.rotated', outcome: 'ok', actor: 'x', target });
    await console_.database.run(
      sql(`UPDATE audit_block SET records = REPLACE(records, '"x"', '"y"') WHERE seq = 2`),
    );
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${console_.port}/audit`);
    await page.getByRole('button', { name: 'Verify the chains' }).click();
    await page.getByText(/^Chain broken at record 2 of /).waitFor();
    await page.close();
    await console_.close();
  });

  test('try a call of the API, and show the same as curl', async () => {
    const page = await open('/api-calls');
    await page.getByLabel('Find a call').fill('clock');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'PUT /clock', exact: true }).click();
    await page.getByLabel('advance optional').fill('soon');
    const curl = page.locator('.block pre').first();
    assert.equal(
      await curl.textContent(),
      [
        `curl -X PUT '${instance.urls.console}/api/v1/clock'`,
        "  -H 'Content-Type: application/json'",
        `  -d '{"advance":"soon"}'`,
      ].join(' \\\n'),
    );
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#body-advance-error', { hasText: 'must be a number of seconds' }).waitFor();
    await page.getByText('400 Bad Request').waitFor();
    await page.goto(`${instance.urls.console}/api-calls?call=GET%20/people/{uid}`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Write a value: it is part of the path.').waitFor();
    await page.locator('[data-place=path]').fill('gp');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('200 OK').waitFor();
    await page.locator('#answer pre', { hasText: '"uid": "656005750108"' }).waitFor();
    await page.locator('[data-place=path]').fill('nobody');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/404 Not Found.*: There is no person nobody\./).waitFor();
    await page.goto(`${instance.urls.console}/api-calls?call=POST%20/explain`);
    const text = page.locator('textarea[data-name=text]');
    await text.fill('-----BEGIN PUBLIC KEY-----\nx');
    assert.match((await page.locator('.block pre').first().textContent()) ?? '', /KEY-----\\nx/);
    assert.deepEqual(complaints, []);
  });
});
