import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { startInstance, type TestInstance } from './instance.ts';

// A desk of the whole product, with a browser of its own at the sample application.

/** What the application shows to whom it knows. */
export const patient = (page: Page) => page.getByRole('button', { name: 'Find patient' });

export interface Desk {
  instance: TestInstance;
  page: Page;
  agent: AgentConnection;
  state(): Promise<string>;
  /** Signs in at the application; resolves when it shows the person. */
  open(pattern: 'combined' | 'separate'): Promise<void>;
  /** The application has forgotten the person. */
  forgotten(): Promise<void>;
}

/** Runs a piece of work at a desk of an instance with these settings; all of it goes afterwards. */
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

export const pinAtPage = async (page: Page, pin = '123456') => {
  await page.waitForSelector('input[name=pin]');
  await page.fill('input[name=pin]', pin);
  await page.press('input[name=pin]', 'Enter');
};
export const takeCard = ({ instance }: Desk) => instance.api('DELETE', '/readers/0/card');
export const insert = ({ instance }: Desk, card: string) => instance.api('PUT', '/readers/0/card', { card });
