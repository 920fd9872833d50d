import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { startInstance, type TestInstance } from './instance.ts';

// A workstation of the whole product, with its own browser at the sample application.

/** Locates the element that the application shows to a signed-in user. */
export const patient = (page: Page) => page.getByRole('button', { name: 'Find patient' });

/** Searches for a patient at the application. */
export async function findPatient(page: Page): Promise<void> {
  await page.getByLabel('NHS number').fill('9000000009');
  await patient(page).click();
}

export interface Desk {
  instance: TestInstance;
  page: Page;
  agent: AgentConnection;
  state(): Promise<string>;
  /** Signs in at the application; resolves when it shows the user. */
  open(pattern: 'combined' | 'separate'): Promise<void>;
  /** Resolves when the application has ended the user's session. */
  forgotten(): Promise<void>;
}

/** Runs a task at a workstation of an instance with these settings, and removes both afterwards. */
export async function atDesk(
  browser: Browser,
  settings: Record<string, unknown>,
  work: (desk: Desk) => Promise<void>,
): Promise<void> {
  const instance = await startInstance(settings);
  const context = await browser.newContext();
  const agent = await AgentConnection.open(String(instance.state.agentSocket));
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  try {
    await work({
      instance,
      page,
      agent,
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

export const pinAtPage = async (page: Page, pin = '123456') => {
  await page.waitForSelector('input[name=pin]');
  await page.fill('input[name=pin]', pin);
  await page.press('input[name=pin]', 'Enter');
};
export const takeCard = ({ instance }: Desk) => instance.api('DELETE', '/readers/0/card');
export const insert = ({ instance }: Desk, card: string) => instance.api('PUT', '/readers/0/card', { card });
