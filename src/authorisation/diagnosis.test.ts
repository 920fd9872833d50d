import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, silentLog } from '@alongside/kernel/log';
import { errors } from './errors.ts';
import { startPlatform } from './testing/platform.ts';

test('truncates long values in the log and finds the refusal by its message id', async () => {
  const logged: Record<string, unknown>[] = [];
  const log: Log = { ...silentLog, info: (fields) => logged.push(fields) };
  const platform = await startPlatform({ more: { log } });
  try {
    const answer = await platform.get('/oauth2/authorize', { client_id: 'x'.repeat(9_000) });
    assert.equal(answer.body.error_description, errors.clientUnknown.entry.description);
    const line = logged.find(({ id }) => id === answer.body.message_id);
    assert.equal(String(line?.detail).length, 2_000);
    assert.equal(line?.detail, (await platform.refusals.find(answer.body.message_id))?.detail);
  } finally {
    await platform.close();
  }
});
