import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { launchBrowser } from '../testing/browser.ts';
import { atDesk, insert, patient, pinAtPage, takeCard } from '../testing/desk.ts';

// States of the card and operations of its holder, through the whole chain.

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

describe('states of the card through the whole chain', () => {
  test('a blocked card is unblocked with the mailed code during a sign-in', () =>
    atDesk(browser, {}, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'locked');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await page.getByText('demo-combined, through API platform').waitFor();
      await page.click('text=Unblock this smartcard');
      await page.click('text=Mail me a code');
      await page.waitForSelector('#code');
      const { mails } = await instance.api<{ mails: { text: string }[] }>('GET', '/mail');
      await page.fill('#code', /: (\d{8})/.exec(mails[0]?.text ?? '')?.[1] ?? '');
      await page.fill('#newPin', '24681357');
      await page.fill('#again', '24681357');
      await page.press('#again', 'Enter');
      await page.click('text=Continue signing in');
      await pinAtPage(page, '24681357');
      await patient(page).waitFor();
    }));

  test('a card that expires soon is renewed at sign-in, and signs with its new key', () =>
    atDesk(browser, {}, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'renew');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await pinAtPage(page);
      await page.click('text=Renew now');
      await patient(page).waitFor();
      const { card } = await desk.agent.call<{ card: { renewalDue: boolean } }>('status');
      assert.equal(card.renewalDue, false);
      await takeCard(desk);
      await instance.signInAtDesk('renew');
      await desk.open('separate');
    }));

  test('a revoked card is reported at once, and its PIN creates no new session', () =>
    atDesk(browser, {}, async (desk) => {
      const { instance, page } = desk;
      let signedOut: (params: unknown) => void = () => undefined;
      const heard = new Promise<unknown>((resolve) => {
        signedOut = resolve;
      });
      const listening = await AgentConnection.open(String(instance.state.agentSocket), (event, params) => {
        if (event === 'signedOut') signedOut(params);
      });
      await instance.signInAtDesk('gp');
      await desk.open('separate');
      const { card } = await instance.api<{ card: { serial: string } }>('GET', '/agent');
      await instance.api('POST', `/registration-authority/cards/${card.serial}/revoke`, {
        actor: 'admin',
        reason: 'keyCompromise',
      });
      // No clock is moved: the agent learns of it before any heartbeat is due.
      assert.deepEqual(await heard, { cause: 'administrator' });
      listening.close();
      assert.equal(await desk.state(), 'pinRequested');
      await desk.forgotten();
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await pinAtPage(page);
      await page.getByText('This card has been revoked').waitFor();
      assert.equal(await desk.state(), 'cardRejected');
    }));
});

describe('a user without a role', () => {
  test('is informed if a role is required, and can choose another authenticator', () =>
    atDesk(browser, { agentRequireRole: true }, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'starter');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await pinAtPage(page);
      await page.getByText('You have no role, so you cannot sign in here.').waitFor();
      assert.equal(new URL(page.url()).origin, new URL(instance.urls.identityAgent).origin);
      assert.equal(await desk.state(), 'cardRejected');
      await assert.rejects(desk.agent.call('getTicketNoAuth'));
      await assert.rejects(desk.agent.call('getTicket', { timeout: 1 }), /You have no role/);
      await page.getByText('Use another way to sign in').click();
      await page.getByText('How do you want to sign in?').waitFor();
      assert.equal(new URL(page.url()).origin, new URL(instance.urls.cis2Issuer).origin);
      const { sessions } = await instance.api<{ sessions: unknown[] }>('GET', '/sessions?person=starter');
      assert.deepEqual(sessions, []);
    }));

  test('signs in if no role is required', () =>
    atDesk(browser, {}, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'starter');
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(page);
      await page.getByText('656005750113').first().waitFor();
      const { state, role, roles } = await instance.api<{ state: string; role: null; roles: [] }>(
        'GET',
        '/agent',
      );
      assert.deepEqual({ state, role, roles }, { state: 'signedIn', role: null, roles: [] });
    }));
});

describe('the role chosen at the agent', () => {
  test('is requested once, applies to the session, and appears in CIS2 and in the legacy role assertion', () =>
    atDesk(browser, { legacyCis: true }, async (desk) => {
      const { instance, page, agent } = desk;
      await insert(desk, 'nurse');
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(page);
      await page.getByRole('heading', { name: /role/i }).waitFor();
      const { roles } = await instance.api<{
        roles: { roleId: string; orgName: string; orgCode: string }[];
      }>('GET', '/agent');
      const chosen = roles[1];
      assert.ok(chosen);
      await page.locator(`[value="${chosen.roleId}"]`).first().click();
      await page.getByRole('button', { name: 'Continue' }).click();
      await patient(page).waitFor();
      await page
        .getByRole('definition')
        .filter({ hasText: `at ${chosen.orgName} (${chosen.orgCode})` })
        .waitFor();

      const { ticket } = await agent.call<{ ticket: string }>('getTicket', {});
      const assertion = await fetch(
        `${instance.urls.cis}/saml/RoleAssertion?token=${encodeURIComponent(ticket)}`,
      );
      const role = /AttributeName="ssbSessionRoleUid"[^>]*><saml:AttributeValue>(\d+)</.exec(
        await assertion.text(),
      )?.[1];
      assert.equal(role, chosen.roleId);
      // A second sign-in at this workstation does not ask for a role, except the application in the combined pattern.
      await page.context().clearCookies();
      await desk.open('separate');
      await page.context().clearCookies();
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await page.getByRole('heading', { name: 'Choose your role' }).waitFor();
      assert.equal(new URL(page.url()).origin, instance.urls.sample);
    }));
});
