import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Database } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import { Faults } from '../../../storage/faults.ts';
import { Settings } from '../../../storage/settings.ts';
import { type OutcomeBody, pdsBase, type RunningGateway, startGateway } from '../../testing/gateway.ts';
import { named, updater } from './testing/update.ts';

describe('a fault of the PDS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-faults-'));
  let database: Database;
  let faults: Faults;
  let gateway: RunningGateway;
  let token: string;
  before(async () => {
    const setting = `sqlite:${join(folder, 'faults.db')}`;
    database = await openDatabase(setting, '');
    faults = new Faults(new Settings(database));
    gateway = await startGateway({}, setting, { faults });
    token = await gateway.issue();
  });
  afterEach(() => faults.clear());
  after(async () => {
    await gateway.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const read = (number = '9000000009', run?: string) =>
    gateway.call(`${pdsBase}/Patient/${number}`, {
      token,
      ...(run !== undefined && { headers: { 'x-correlation-id': run } }),
    });
  const statuses = async (...calls: (() => Promise<Response>)[]) => {
    const found: number[] = [];
    for (const call of calls) found.push((await call()).status);
    return found;
  };

  test('limits the third call only, in the published format', async () => {
    await faults.set('pds-too-many-requests', { after: 2, next: 1 });
    assert.deepEqual(await statuses(read, read), [200, 200]);
    const answer = await read();
    const [{ details }] = ((await answer.json()) as OutcomeBody).issue;
    assert.deepEqual([answer.status, details.coding[0].code], [429, 'TOO_MANY_REQUESTS']);
    assert.deepEqual(await statuses(read), [200]);
  });

  test('is unavailable for the next two calls, with Retry-After', async () => {
    await faults.set('pds-unavailable', { next: 2 });
    const answer = await read();
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
    assert.deepEqual(await statuses(read, read), [503, 200]);
  });

  test('lets the token expire half-way', async () => {
    await faults.set('pds-token-expired', { after: 1 });
    assert.deepEqual(await statuses(read, read), [200, 401]);
    const [{ diagnostics }] = ((await (await read()).json()) as OutcomeBody).issue;
    assert.equal(diagnostics, 'Access Token expired');
  });

  test('occurs for one patient, and other calls do not count', async () => {
    await faults.set('pds-unavailable', { patient: '9000000025', next: 1 });
    const other = () => read('9000000025');
    assert.deepEqual(await statuses(read, read, other, other), [200, 200, 503, 200]);
  });

  test('affects only the test run that set it', async () => {
    await faults.set('pds-unavailable@run-1', { next: 1 });
    await faults.set('pds-too-many-requests@run-2', {});
    const of = (run?: string) => () => read(undefined, run);
    const calls = ['run-12', undefined, 'run-2.a', 'run-1:7', 'run-1', 'other'].map(of);
    assert.deepEqual(await statuses(...calls), [200, 200, 429, 503, 200, 200]);
  });

  test('drops the connection after it made the change', async () => {
    await faults.set('pds-dropped', { next: 1 });
    const { patch, read: current } = updater(gateway, token);
    const change = () => patch([named, { op: 'replace', path: '/name/0/family', value: 'Dropped' }]);
    await assert.rejects(async () => (await change()).text());
    assert.equal((await current()).name?.[0]?.family, 'Dropped');
    assert.equal((await change()).status, 200, 'the repetition gets the response');
    assert.equal((await current()).meta.versionId, '3');
  });

  test('delays an update beyond the wait of its caller, and the repetition gets the response', async () => {
    await faults.set('pds-slow', { seconds: 0.5, next: 1 });
    const { patch } = updater(gateway, token);
    const headers = { 'x-sync-wait': '0.25', 'x-request-id': '5a0a6d5f-0000-4000-8000-000000000001' };
    const change = () =>
      patch([named, { op: 'replace', path: '/name/0/family', value: 'Slow' }], { version: 'W/"3"', headers });
    const late = await change();
    assert.deepEqual([late.status, late.headers.get('retry-after')], [503, '5']);
    const answer = await patch([named, { op: 'replace', path: '/name/0/family', value: 'Slow' }], {
      version: 'W/"3"',
      headers: { 'x-request-id': headers['x-request-id'] },
    });
    assert.deepEqual([answer.status, answer.headers.get('etag')], [200, 'W/"4"']);
  });
});
