import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alongside } from 'alongside/testing/node';

test('a GP signs in without a prompt', async (t) => {
  const instance = await alongside(t); // stops after the test
  await instance.desk('gp'); // card, PIN and role
  const { status, hops } = await instance.browser().goto(`${instance.urls.sample}/sign-in/combined`);
  assert.equal(status, 200);
  assert.ok(hops.length > 4); // only redirects
});
