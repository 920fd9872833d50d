import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { sql } from '../../storage/database.ts';
import { startConsole, type TestConsole } from '../testing/console.ts';

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
      ...{
        action: 'patient.read',
        outcome: 'ok',
        actor: 'someone',
        application: 'app-1',
        subject: nhsNumber,
      },
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

  test('names the first altered record', async () => {
    assert.equal((await api('GET', '/audit/verify')).body.ok, true);
    await console_.database.run(sql("UPDATE audit_record SET outcome = 'ok' WHERE action = 'fault.on'"));
    const { ok, problem } = (await api('GET', '/audit/verify')).body;
    assert.equal(ok, false);
    assert.deepEqual(problem, {
      ...{ chain: (await console_.audit.list())[0]?.chain, seq: 2, problem: 'changed' },
    });
  });
});
