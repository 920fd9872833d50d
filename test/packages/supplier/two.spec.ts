import { expect, test } from 'alongside/testing/playwright';

test('has an instance of its own in another worker', async ({ page, desk, alongside }) => {
  expect(desk.state).toBe('signedIn');
  await page.goto(`${alongside.urls.sample}/sign-in/combined`);
  await expect(page.getByText('656005750108')).toBeVisible();
  console.log(`instance of two: ${alongside.urls.console}`);
});

test('needs no instance for a test without Alongside', async ({ page }) => {
  await page.setContent('<h1>Clinic</h1>');
  await expect(page.getByRole('heading')).toHaveText('Clinic');
});
