import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alongside } from 'alongside/testing/node';
import { clock } from './clock.ts';

// Runs in `alongside exec --person gp`: uses the instance that runs already, and the clock of the documentation.
test('uses the instance of alongside exec, and follows its clock', async (t) => {
  const attachTo = process.env.ALONGSIDE_CONSOLE_URL;
  const instance = await alongside(t, { attachTo });
  assert.deepEqual([instance.urls.console, instance.timings.ready], [attachTo, null]);
  assert.equal((await instance.call<{ state: string }>('GET', '/agent')).state, 'signedIn');
  await instance.clock.advance(3_600);
  while (clock.now() - Date.now() < 3_500_000) await new Promise((resolve) => setTimeout(resolve, 20));
});
