import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { unlimited } from '../../bench/command.ts';
import { call } from '../../bench/peers/call.ts';
import { registerClients } from '../../bench/peers/clients.ts';
import { codeRequest, combinedSignIn, scenarios } from '../../bench/peers/scenarios.ts';
import type { Clients } from '../../bench/peers/target.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { executedFiles } from './executed-files.ts';

const limits = { authorize: 62, token: 57, refresh: 57, signIn: 166 };

// A reader has to follow fewer files: events, journeys, logs, metrics and storage run for every request. The limits may only fall.
describe('the number of files that run', () => {
  let instance: TestInstance;
  let clients: Clients;
  before(async () => {
    instance = await startInstance({ networkLimits: unlimited });
    clients = await registerClients(instance.urls);
    await combinedSignIn(clients);
  });
  after(() => instance?.stop());

  test('stays within its limit at CIS2 for an authorization request with a session', async () => {
    const { address } = codeRequest(clients.party);
    const files = await executedFiles(
      () => call(address, { headers: { cookie: clients.party.cookie } }),
      limits.authorize,
    );
    assert.ok(files.length <= limits.authorize, `${files.length} files:\n${files.join('\n')}`);
  });

  for (const [id, limit] of [
    ['opaque', limits.token],
    ['refresh-secret', limits.refresh],
  ] as const)
    test(`stays within its limit at a token endpoint: ${id}`, async () => {
      const target = { name: 'Alongside', pid: process.pid, stop: instance.stop, ...clients };
      const prepared = await scenarios.find((each) => each.id === id)?.prepare(target, 1, 110);
      const operations = prepared?.[0] ?? [];
      const files = await executedFiles(async () => operations.shift()?.(), limit);
      assert.ok(operations.length > 0, 'the operations were used up');
      assert.ok(files.length <= limit, `${files.length} files:\n${files.join('\n')}`);
    });

  test('stays within its limit in all services for a silent sign-in by the combined pattern', async () => {
    const files = await executedFiles(() => combinedSignIn(clients), limits.signIn);
    assert.ok(files.length <= limits.signIn, `${files.length} files:\n${files.join('\n')}`);
  });
});
