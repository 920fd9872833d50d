import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@alongside/kernel/log';
import { Changes } from '../../model/changes.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { startConsole } from '../../testing/console.ts';
import { RunCallbacks } from './run-callback.ts';

test('a run registers its callback once, and removes it at its end or after its time limit', async (t) => {
  const { applications, audit, urls, close } = await startConsole();
  const changes = new Changes();
  const callbacks = new RunCallbacks(
    { applications, audit, urls, changes, log: silentLog } as unknown as ConsoleContext,
    1_000,
  );
  const registered = async () => (await applications.get('demo-separate'))?.cis2?.redirectUris ?? [];
  const before = await registered();
  const own = { headers: {} };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let count = 0; count < 2; count++) await callbacks.register(own, 'demo-separate', 'cis2');
  assert.deepEqual(await registered(), [...before, `${urls.console}/build/callback`]);
  await callbacks.remove(own, 'demo-separate');
  assert.deepEqual(await registered(), before);

  await callbacks.register(own, 'demo-separate', 'cis2');
  const removed = new Promise<void>((resolve) => {
    changes.listen(() => resolve());
  });
  t.mock.timers.tick(1_000);
  await removed;
  assert.deepEqual(await registered(), before);
  t.mock.timers.reset();
  await close();
});
