import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { IdentityAgentClient } from '../../client/index.ts';
import { launchBrowser } from '../testing/browser.ts';
import { atDesk, findPatient, insert, patient, pinAtPage, takeCard } from '../testing/desk.ts';

// Modes and generations through the whole chain: agent, CIS, CIS2, platform and an application.

const gp = '656005750108';
const clinician = '656005750107';

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

describe('session modes through the whole chain', () => {
  test('Enhanced Normal asks for the PIN after a locked screen, and ends everything at removal', () =>
    atDesk(browser, { agentMode: 'enhancedNormal' }, async (desk) => {
      const { instance, page, agent } = desk;
      const told: string[] = [];
      const application = new IdentityAgentClient({
        application: 'A desktop application',
        socketPath: String(instance.state.agentSocket),
      });
      await application.connect();
      application.on('signedIn', ({ uid }) => told.push(`in ${uid}`));
      application.on('sessionLocked', ({ reason }) => told.push(`locked ${reason}`));
      application.on('sessionUnlocked', ({ uid }) => told.push(`unlocked ${uid}`));
      application.on('signedOut', ({ cause }) => told.push(cause));
      await instance.signInAtDesk('gp');
      await desk.open('separate');
      await agent.call('screenLocked');
      assert.equal(await desk.state(), 'locked');
      await agent.call('screenUnlocked');
      await page.context().clearCookies();
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(page);
      await patient(page).waitFor();
      await takeCard(desk);
      await desk.forgotten();
      assert.equal((await application.status()).state, 'noCard');
      assert.deepEqual(told, [`in ${gp}`, 'locked screen', `unlocked ${gp}`, 'cardRemoved']);
      await application.close();
    }));

  test('Session Lock Persistence locks at removal, prevents sign-ins, and resumes with the PIN', () =>
    atDesk(browser, { agentMode: 'sessionLockPersistence' }, async (desk) => {
      const { instance, page } = desk;
      await instance.signInAtDesk('gp');
      await desk.open('separate');
      await takeCard(desk);
      assert.equal(await desk.state(), 'locked');
      await page.context().clearCookies();
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await page.getByText('Put your smartcard into the reader').waitFor();
      await insert(desk, 'gp');
      await pinAtPage(page);
      await patient(page).waitFor();
      assert.equal(await desk.state(), 'signedIn');
    }));

  test('Mobility allows sign-in without the card, and ends everything for another user', () =>
    atDesk(browser, { agentMode: 'mobility' }, async (desk) => {
      const { instance, page } = desk;
      await instance.signInAtDesk('gp');
      await takeCard(desk);
      await desk.open('separate');
      assert.match((await page.textContent('main')) ?? '', new RegExp(gp));
      await instance.signInAtDesk('clinician');
      await desk.forgotten();
      await desk.open('separate');
      assert.match((await page.textContent('main')) ?? '', new RegExp(clinician));
    }));

  test('Mobility asks for an expired PIN again', () =>
    atDesk(browser, { agentMode: 'mobility' }, async (desk) => {
      const { instance, page } = desk;
      await instance.signInAtDesk('gp');
      // In steps that the heartbeats can follow.
      for (let minutes = 0; minutes < 60; minutes += 5) {
        await instance.api('PUT', '/clock', { advance: 300 });
        await desk.agent.call('status');
      }
      assert.equal(await desk.state(), 'pinRequested');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await pinAtPage(page);
      await patient(page).waitFor();
    }));

  test('the newer generation asks for the PIN at the application, allows removal, and ends everything for another user', () =>
    atDesk(browser, { generation: 'internet' }, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'gp');
      assert.equal(await desk.state(), 'noCard', 'nothing is asked at insertion');
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(page);
      await patient(page).waitFor();
      await takeCard(desk);
      assert.equal(await desk.state(), 'signedIn', 'removal does not sign out');
      await findPatient(page);
      await page.getByText('2010-10-22').waitFor();
      await insert(desk, 'clinician');
      const other = await (await browser.newContext()).newPage();
      await other.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(other);
      await patient(other).waitFor();
      await other.context().close();
      await desk.forgotten();
    }));
});
