import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { sql } from '../../../storage/database.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';

const nhsNumber = '9000000009';

interface Listed {
  records: { seq: number; action: string; target: string; subject: string; chain: string }[];
}

describe('/audit records', () => {
  const token = 'operator-token';
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole({ development: false, operatorHash: sha256(token) });
    const { audit } = console_;
    await audit.recordAlone({
      action: 'patient.read',
      outcome: 'ok',
      actor: 'someone',
      application: 'app-1',
      subject: nhsNumber,
    });
    await audit.recordAlone({ action: 'fault.on', outcome: 'refused', actor: 'developer', target: 'f' });
  });
  after(() => console_.close());

  const api = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = { method, headers, ...(body ? { json: body } : {}) };
    const { status, body: answered } = await console_.send(`/api/v1${path}`, sent);
    return { status, body: answered as unknown as Listed & Record<string, unknown> };
  };
  const actions = async (query: string) =>
    (await api('GET', `/audit?${query}`)).body.records.map(({ action }) => action);

  test('filters by each member and pages by number', async () => {
    assert.deepEqual(await actions('actor=someone'), ['patient.read']);
    assert.deepEqual(await actions('application=app-1'), ['patient.read']);
    assert.deepEqual(await actions('outcome=refused'), ['fault.on']);
    const [first] = (await api('GET', '/audit?limit=1')).body.records;
    assert.deepEqual(await actions(`since=${first?.seq}&limit=1`), ['fault.on']);
    assert.deepEqual(await actions('to=2001-01-01'), []);
    assert.equal((await api('GET', '/audit?from=yesterday')).status, 400);
    assert.equal((await api('GET', '/audit?limit=5000')).status, 400);
  });

  test('lists the newest first, page by page', async () => {
    for (const target of ['a', 'b', 'c'])
      await console_.audit.recordAlone({ action: 'keys.rotated', outcome: 'ok', actor: 'pager', target });
    const page = async (after = '') => {
      const { records, next } = (await api('GET', `/audit?actor=pager&order=newest&limit=2${after}`)).body;
      return { targets: records.map(({ target }) => target), next };
    };
    const first = await page();
    assert.deepEqual(first.targets, ['c', 'b']);
    assert.deepEqual(await page(`&after=${first.next}`), { targets: ['a'], next: null });
    assert.deepEqual(await actions('order=newest&action=keys.rotated&from=2026-03-02'), [
      'keys.rotated',
      'keys.rotated',
      'keys.rotated',
    ]);
    assert.deepEqual(await actions('order=newest&from=2026-03-03'), []);
    assert.equal((await api('GET', '/audit?order=random')).body.field, 'order');
  });

  test('returns one record with its journey', async () => {
    const [first] = (await api('GET', '/audit?limit=1')).body.records;
    const { body } = await api('GET', `/audit/${first?.seq}`);
    assert.deepEqual([body.record, body.journey], [first, null]);
    assert.equal((await api('GET', '/audit/999999')).status, 404);
    assert.equal((await api('GET', '/audit/one')).status, 404);
  });

  test('exports the records of a filter, also as FHIR, and records that', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const lines = async (more: string) => {
      const answer = await console_.send(`/api/v1/audit/export?actor=pager${more}`, { headers });
      assert.match(String(answer.headers['content-disposition']), /attachment; filename="audit-2026-03-02/);
      return answer.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    assert.deepEqual(
      (await lines('')).map(({ target }) => target),
      ['a', 'b', 'c'],
    );
    assert.equal((await lines('&format=fhir'))[0]?.resourceType, 'AuditEvent');
    assert.equal((await api('GET', '/audit/export?format=xml')).status, 400);
    const [act] = (await api('GET', '/audit?order=newest&action=audit.exported')).body.records;
    assert.deepEqual(act, { ...act, detail: { filter: 'actor', format: 'fhir' } });
  });

  test('reports how long records are kept, and how many there are', async () => {
    const { retentionDays, chains, records, oldest } = (await api('GET', '/audit/extent')).body;
    assert.deepEqual([retentionDays, chains, oldest], [null, 1, '2026-03-02T09:00:00.000Z']);
    assert.equal(records, (await console_.audit.list()).length);
  });

  test('finds a patient without the number in the address, and records its decryption', async () => {
    const { subject } = (await api('POST', '/audit/subjects', { nhsNumber })).body;
    const { records } = (await api('GET', `/audit?subject=${subject}&action=patient.read`)).body;
    assert.equal(records.length, 1);
    assert.doesNotMatch(JSON.stringify(records), new RegExp(nhsNumber));
    const opened = await api('POST', `/audit/${records[0]?.seq}/subject`, {});
    assert.deepEqual([opened.status, opened.body.nhsNumber], [200, nhsNumber]);
    const act = (await console_.audit.list()).find(({ action }) => action === 'audit.subject-opened');
    assert.deepEqual([act?.target, act?.subject], [String(records[0]?.seq), subject]);
    assert.equal((await api('POST', '/audit/999999/subject', {})).status, 404);
  });

  test('records each read in production', async () => {
    const before = (await console_.audit.list()).length;
    await api('GET', '/audit?actor=someone');
    const record = (await console_.audit.list())[before];
    assert.deepEqual([record?.action, record?.actor], ['audit.read', 'local operator']);
    assert.deepEqual(record?.detail, { filter: 'actor', records: 1 });
  });

  test('names the first altered record, also in a stream with progress', async () => {
    assert.equal((await api('GET', '/audit/verify')).body.ok, true);
    const stream = async () => {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
      return (await console_.send('/api/v1/audit/verify', { headers })).text;
    };
    assert.match(
      await stream(),
      /event: progress\ndata: \{"records":\d+,"of":\d+\}\n\nevent: result\ndata: \{"ok":true,/,
    );
    await console_.database.run(
      sql(`UPDATE audit_block SET records = REPLACE(records, '"fault.on","refused"', '"fault.on","ok"')`),
    );
    const { ok, problem } = (await api('GET', '/audit/verify')).body;
    assert.equal(ok, false);
    assert.deepEqual(problem, {
      chain: (await console_.audit.list())[0]?.chain,
      seq: 2,
      problem: 'changed',
    });
    assert.match(await stream(), /event: result\ndata: \{"ok":false,.*"seq":2,"problem":"changed"/);
  });
});
