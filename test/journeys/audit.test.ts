import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const nhsNumber = '9733162043';
const pds = '/personal-demographics/FHIR/R4';

interface AuditRecord {
  action: string;
  outcome: string;
  actor: string;
  application: string;
  family?: string;
  session?: string;
}

describe('the audit log of a complete sign-in', () => {
  let instance: TestInstance;
  /** Values exchanged by the services that must not be in a record. */
  const secrets = new Set<string>();
  let records: AuditRecord[];
  let text: string;

  const keepSecrets = (address: string) => {
    for (const [name, value] of new URL(address).searchParams)
      if (['code', 'state', 'nonce', 'id_token_hint', 'code_challenge'].includes(name)) secrets.add(value);
  };

  before(async () => {
    instance = await startInstance();
    const wrong = await instance
      .api('PUT', '/readers/0/card', { card: 'gp' })
      .then(() => instance.call('POST', '/agent/pin', { pin: '000001' }));
    assert.equal(wrong.status, 403);
    await instance.signInAtDesk('gp');
    const browser = new Navigator();
    for (const pattern of ['combined', 'separate']) {
      const { hops, answer } = await browser.go(`${instance.urls.sample}/sign-in/${pattern}`);
      assert.equal(answer.status, 200);
      hops.forEach(keepSecrets);
    }
    for (const cookies of browser.jar.values()) for (const value of cookies.values()) secrets.add(value);

    const minted = await instance.api('POST', '/tokens', { person: 'gp', application: 'demo-combined' });
    const { access_token: token, refresh_token: refresh } = minted as Record<string, string>;
    for (const value of [token, refresh]) secrets.add(value ?? '');
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`${instance.urls.api}${pds}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          'x-request-id': randomUUID(),
          ...(init.headers as Record<string, string>),
        },
      });
    const read = await call(`/Patient/${nhsNumber}`);
    const patient = (await read.json()) as { name: { family: string; id: string }[]; birthDate: string };
    const family = patient.name[0]?.family ?? '';
    const search = new URLSearchParams({ family, gender: 'male', birthdate: `eq${patient.birthDate}` });
    assert.equal((await call(`/Patient?${search}`)).status, 200);
    const changed = await call(`/Patient/${nhsNumber}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json', 'if-match': read.headers.get('etag') ?? '' },
      body: JSON.stringify({
        patches: [
          { op: 'test', path: '/name/0/id', value: patient.name[0]?.id },
          { op: 'replace', path: '/name/0/family', value: 'Newname' },
        ],
      }),
    });
    assert.equal(changed.status, 200);
    for (const value of [nhsNumber, family, 'Newname', patient.birthDate, '123456', '000001', 'Smith'])
      secrets.add(value);
    await instance.api('DELETE', '/agent/session');
    ({ records } = await instance.api<{ records: AuditRecord[] }>('GET', '/audit'));
    text = JSON.stringify(records);
  });
  after(() => instance?.stop());

  test('has a record of each act', () => {
    const actions = new Set(records.map(({ action, outcome }) => `${action} ${outcome}`));
    for (const action of [
      'cis.sign-in ok',
      'cis2.sign-in ok',
      'cis2.code-issued ok',
      'cis2.tokens-issued ok',
      'authorisation.code-issued ok',
      'authorisation.tokens-issued ok',
      'patient.read ok',
      'patient.searched ok',
      'patient.changed ok',
      'cis.session-ended ok',
      'cis2.session-ended ok',
    ])
      assert.ok(actions.has(action), `${action} is in ${[...actions].join(', ')}`);
  });

  test('links the code, the tokens and the sessions of a sign-in', () => {
    const code = records.find(({ action }) => action === 'cis2.code-issued');
    const tokens = records.find(({ action }) => action === 'cis2.tokens-issued');
    assert.equal(tokens?.family, code?.family);
    assert.equal(tokens?.session, code?.session);
    assert.ok(
      records.filter(({ family }) => family !== undefined).every(({ application }) => application !== ''),
    );
  });

  test('contains no demographics, PIN, code, token or cookie', () => {
    for (const secret of secrets) {
      if (secret.length < 4) continue;
      assert.ok(!text.includes(secret), `${secret} is in the audit log`);
    }
    assert.ok(secrets.size > 15, 'the journey had its secrets');
  });

  test('verifies as a whole', async () => {
    const { ok, records: count } = await instance.api<{ ok: boolean; records: number }>(
      'GET',
      '/audit/verify',
    );
    assert.ok(ok);
    assert.ok(count >= records.length);
  });
});
