import type { Alongside, FollowingClock } from 'alongside/testing';
import { test as base, expect } from 'alongside/testing/playwright';
import { type Application, startApplication } from './application.ts';

const test = base.extend<object, { clinic: Application }>({
  clinic: [
    async ({ alongside }, use) => {
      const clock: FollowingClock = alongside.clock;
      const clinic = await startApplication(alongside, clock);
      await use(clinic);
      await clinic.close();
    },
    { scope: 'worker' },
  ],
});

test('signs in without a prompt, with the card at the desk', async ({ page, clinic, desk }) => {
  expect(desk.person?.uid).toBe('656005750108');
  await page.goto(`${clinic.url}/sign-in/combined`);
  await expect(page.getByText('Signed in: Quillfeather Harriet Dr')).toBeVisible();
});

test('answers the pages for PIN and role', async ({ page, clinic, alongside }) => {
  await alongside.card.insert('nurse');
  await alongside.signIn(page, `${clinic.url}/sign-in/separate`, { role: 'R8001' });
  await expect(page.getByText('Signed in: Harbottle Winifred Mrs')).toBeVisible();
  expect(alongside.timings.signedIn).toBeGreaterThan(0);
});

test('signs the user out after 15 minutes without use', async ({ page, clinic, desk, alongside }) => {
  expect(desk.state).toBe('signedIn');
  await page.goto(`${clinic.url}/sign-in/combined`);
  await alongside.clock.advance(16 * 60);
  await page.reload();
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('fails with the report as attachment', async ({ alongside }: { alongside: Alongside }) => {
  expect((await fetch(`${alongside.urls.api}/oauth2/token`, { method: 'POST' })).status).toBe(200);
});
