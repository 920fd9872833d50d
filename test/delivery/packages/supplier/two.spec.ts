import { start } from 'alongside/testing';
import { expect, test } from 'alongside/testing/playwright';

// An instance would not be ready in time.
test.use({ alongsideOptions: { timeout: 1 } });

test('starts no instance for a test that asks for none', async ({ page }) => {
  await page.setContent('<h1>Clinic</h1>');
  await expect(page.getByRole('heading')).toHaveText('Clinic');
});

test.fail('starts the instance with the options of the file', async ({ alongside }) => {
  expect(alongside.urls.api).toBeDefined();
});

test('passes without stopping an instance of its own', async () => {
  const instance = await start();
  await instance.desk('gp');
});
