import { expect, test } from 'alongside/testing/playwright';

test('a GP signs in without a prompt', async ({ page, desk, alongside }) => {
  await page.goto(`${alongside.urls.sample}/sign-in/combined`);
  await expect(page.getByText('656005750108')).toBeVisible();
  expect(desk.state).toBe('signedIn'); // the GP's card was in the reader before
});

test.describe('a locum with several roles', () => {
  test.use({ person: { who: 'locum', role: 'R8003' } });

  test('has the chosen role', async ({ desk }) => {
    expect(desk.role?.roleName).toContain('Health Professional');
  });
});

test('a nurse enters the PIN', async ({ page, alongside }) => {
  await alongside.card.insert('nurse'); // in the reader, not signed in
  await alongside.signIn(page, `${alongside.urls.sample}/sign-in/separate`);
  await expect(page.getByRole('button', { name: 'Find patient' })).toBeVisible();
});
