import { test } from 'alongside/testing/vitest';
import { expect } from 'vitest';

test('a GP signs in without a prompt', async ({ alongside }) => {
  await alongside.desk('gp');
  const { status } = await alongside.browser().goto(`${alongside.urls.sample}/sign-in/combined`);
  expect(status).toBe(200);
});
