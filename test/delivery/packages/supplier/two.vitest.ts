import { start } from 'alongside/testing';
import { test } from 'alongside/testing/vitest';
import { expect } from 'vitest';

const attached = test.extend('alongsideOptions', { scope: 'file' }, { env: { ALONGSIDE_LOG_LEVEL: 'warn' } });

attached('starts another instance, with options', async ({ alongside }) => {
  const { state } = await alongside.desk('nurse', { role: 'R8001' });
  expect(state).toBe('signedIn');
});

test('passes without stopping an instance of its own', async () => {
  const instance = await start();
  await instance.desk('gp');
});
