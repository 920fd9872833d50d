import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { launchBrowser } from '../support/browser.ts';
import { startInstance, type TestInstance } from '../support/instance.ts';

// Modes, generations and states of the card through the whole chain: agent, CIS, CIS2, platform and an application.

const gp = '656005750108';
const clinician = '656005750107';
const patient = (page: Page) => page.getByRole('button', { name: 'Find patient' });

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

interface Desk {
  instance: TestInstance;
  page: Page;
  agent: AgentConnection;
  state(): Promise<string>;
  /** Signs in at the application; resolves when it shows the person. */
  open(pattern: 'combined' | 'separate'): Promise<void>;
  /** The application has forgotten the person. */
  forgotten(): Promise<void>;
}

async function atDesk(settings: Record<string, unknown>, work: (desk: Desk) => Promise<void>): Promise<void> {
  const instance = await startInstance(settings);
  const context = await browser.newContext();
  const agent = await AgentConnection.open(String(instance.state.agentSocket));
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  try {
    await work({
      ...{ instance, page, agent },
      state: async () => (await instance.api<{ state: string }>('GET', '/agent')).state,
      async open(pattern) {
        await page.goto(`${instance.urls.sample}/sign-in/${pattern}`);
        await patient(page).waitFor();
      },
      async forgotten() {
        for (let attempt = 0; attempt < 30; attempt += 1) {
          await page.goto(instance.urls.sample);
          if (await page.getByRole('link', { name: 'Sign in (combined)' }).isVisible()) return;
        }
        assert.fail('the application still shows the person');
      },
    });
  } finally {
    agent.close();
    await context.close();
    await instance.stop();
  }
}

const pinAtPage = async (page: Page, pin = '123456') => {
  await page.waitForSelector('input[name=pin]');
  await page.fill('input[name=pin]', pin);
  await page.press('input[name=pin]', 'Enter');
};
const takeCard = ({ instance }: Desk) => instance.api('DELETE', '/readers/0/card');
const insert = ({ instance }: Desk, card: string) => instance.api('PUT', '/readers/0/card', { card });

describe('session modes through the whole chain', () => {
  test('Enhanced Normal: after a locked screen the next sign-in asks for the PIN, and the removal ends everything', () =>
    atDesk({ agentMode: 'enhancedNormal' }, async (desk) => {
      const { instance, page, agent } = desk;
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
    }));

  test('Session Lock Persistence: the removal locks, nobody signs in with it, the PIN resumes', () =>
    atDesk({ agentMode: 'sessionLockPersistence' }, async (desk) => {
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

  test('Mobility: signing in works without the card, another person ends it all', () =>
    atDesk({ agentMode: 'mobility' }, async (desk) => {
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

  test('Mobility: a PIN that has grown old is asked for again', () =>
    atDesk({ agentMode: 'mobility' }, async (desk) => {
      const { instance, page } = desk;
      await instance.signInAtDesk('gp');
      // In steps that the heartbeats keep up with.
      for (let minutes = 0; minutes < 60; minutes += 5) {
        await instance.api('PUT', '/clock', { advance: 300 });
        await desk.agent.call('status');
      }
      assert.equal(await desk.state(), 'pinRequested');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await pinAtPage(page);
      await patient(page).waitFor();
    }));

  test('the newer generation: PIN at the application, the card may leave, another person ends it all', () =>
    atDesk({ generation: 'internet' }, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'gp');
      assert.equal(await desk.state(), 'noCard', 'nothing is asked at insertion');
      await page.goto(`${instance.urls.sample}/sign-in/separate`);
      await pinAtPage(page);
      await patient(page).waitFor();
      await takeCard(desk);
      assert.equal(await desk.state(), 'signedIn', 'removal does not sign out');
      await page.goto(`${instance.urls.sample}/patient?nhs-number=9000000009`);
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

describe('states of the card through the whole chain', () => {
  test('a blocked card is unblocked with the mailed code, in the middle of a sign-in', () =>
    atDesk({}, async (desk) => {
      const { instance, page } = desk;
      await insert(desk, 'locked');
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await page.click('text=Unblock this smartcard');
      await page.click('text=Mail me a code');
      await page.waitForSelector('#code');
      const { mails } = await instance.api<{ mails: { text: string }[] }>('GET', '/mail');
      await page.fill('#code', /: (\d{8})/.exec(mails[0]?.text ?? '')?.[1] ?? '');
      await page.fill('#newPin', '24681357');
      await page.fill('#again', '24681357');
      await page.press('#again', 'Enter');
      await page.click('text=Go on signing in');
      await pinAtPage(page, '24681357');
      await patient(page).waitFor();
    }));

  test('a card that ends soon is renewed at sign-in, and signs with its new key', () =>
    atDesk({}, async (desk) => {
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

  test(
    'a revoked card: the desk shows it at once, and its PIN makes no new session',
    { timeout: 30_000 },
    () =>
      atDesk({}, async (desk) => {
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
        // No clock is moved: the agent hears of it before any heartbeat is due.
        assert.deepEqual(await heard, { cause: 'administrator' });
        listening.close();
        assert.equal(await desk.state(), 'pinRequested');
        await desk.forgotten();
        await page.goto(`${instance.urls.sample}/sign-in/combined`);
        await pinAtPage(page);
        await page.getByText('This card has been revoked').waitFor();
        assert.equal(await desk.state(), 'cardRejected');
      }),
  );
});

describe('a person with no role', () => {
  test(
    'is told so at the desk where a role is required, and can choose another way',
    { timeout: 30_000 },
    () =>
      atDesk({ agentRequireRole: true }, async (desk) => {
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
      }),
  );

  test('signs in without one where none is required', { timeout: 30_000 }, () =>
    atDesk({}, async (desk) => {
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
    }),
  );
});
