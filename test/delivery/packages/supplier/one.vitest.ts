import { test } from 'alongside/testing/vitest';
import { expect } from 'vitest';
import { startApplication } from './application.ts';

test('signs in at the application', async ({ alongside }) => {
  const clinic = await startApplication(alongside);
  await alongside.desk('gp');
  const { text } = await alongside.browser().goto(`${clinic.url}/sign-in/separate`);
  expect(text).toContain('Signed in: Quillfeather Harriet Dr');
  await clinic.close();
  await alongside.clock.advance(3_600);
});

test('finds a tidy desk and real time in each test', async ({ alongside }) => {
  expect(await alongside.call('GET', '/readers/0')).toMatchObject({ card: null });
  expect(Math.abs(alongside.clock.now() - Date.now())).toBeLessThan(30_000);
});

test('fails, and prints a report', async ({ alongside }) => {
  expect((await fetch(`${alongside.urls.api}/oauth2/token`, { method: 'POST' })).status).toBe(200);
});
