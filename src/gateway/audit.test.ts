import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { sql } from '../storage/database.ts';
import { named, updater } from './apis/pds/testing/update.ts';
import { pdsBase, type RunningGateway, requestId, role, startGateway } from './testing/gateway.ts';

const nhsNumber = '9000000009';
const path = `${pdsBase}/Patient/${nhsNumber}`;
const uid = '656005750107';

describe("the gateway's audit log", () => {
  let gateway: RunningGateway;
  let token: string;
  let last = 0;
  before(async () => {
    const people = {
      issuer: 'https://issuer.example',
      find: async () => ({ disabled: false, roleIds: [role], organisations: { [role]: 'A20047' } }),
    };
    gateway = await startGateway({}, ':memory:', { people });
    token = await gateway.issue();
  });
  after(() => gateway.stop());

  /** Returns the records since the last call. */
  const records = async () => {
    const found = await gateway.dependencies.audit.list(last);
    last = found.at(-1)?.seq ?? last;
    return found;
  };
  const patch = (version: string, as = token) =>
    updater(gateway, as).patch([named, { op: 'replace', path: '/name/0/family', value: 'Changed' }], {
      version,
    });

  test('records user, role, organisation, application, token, patient, version and ids of a read', async () => {
    const answer = await gateway.call(path, { token, headers: { 'x-correlation-id': 'abc-1' } });
    assert.equal(answer.status, 200);
    const [record, ...others] = await records();
    assert.deepEqual(others, []);
    const { seq, chain, chainSeq, at, previous, hash, address, family, detail, ...rest } = record ?? {};
    assert.deepEqual(rest, {
      action: 'patient.read',
      outcome: 'ok',
      actor: uid,
      role,
      organisation: 'A20047',
      application: 'full',
      target: '',
      tokenId: sha256(token),
      subject: gateway.dependencies.audit.subjectOf(nhsNumber),
      requestId,
      correlationId: 'abc-1',
    });
    const { messageId, ...facts } = detail ?? {};
    assert.equal(typeof messageId, 'string');
    assert.deepEqual(facts, {
      api: 'personal-demographics',
      operation: '/Patient/{id}',
      method: 'GET',
      status: 200,
      mode: 'user-restricted',
      version: 2,
    });
    assert.equal(await gateway.dependencies.audit.openSubject(seq ?? 0), nhsNumber);
  });

  test('records the number of patients found by a search, without the search values', async () => {
    const query = 'family=Smith&gender=female&birthdate=eq2010-10-22';
    assert.equal((await gateway.call(`${pdsBase}/Patient?${query}`, { token })).status, 200);
    const [record] = await records();
    assert.equal(record?.action, 'patient.searched');
    assert.equal(record?.detail.count, 1);
    assert.equal(record?.subject, '');
    assert.doesNotMatch(JSON.stringify(record), /Smith|smith|2010|female/);
  });

  test('records a refused call in equal detail', async () => {
    const answer = await gateway.call(path, { token, headers: { 'nhsd-session-urid': '1' } });
    assert.equal(answer.status, 400);
    const [record] = await records();
    assert.deepEqual(
      [record?.action, record?.outcome, record?.actor, record?.detail.status, record?.detail.rule],
      ['patient.read', 'refused', uid, 400, 'gateway.roleInvalid'],
    );
    assert.equal(record?.subject, gateway.dependencies.audit.subjectOf(nhsNumber));
  });

  test('records both versions of a change, and the change happens only with its record', async () => {
    await gateway.database.run(sql('ALTER TABLE audit_block RENAME TO audit_block_away'));
    assert.equal((await patch('W/"2"')).status, 500);
    await gateway.database.run(sql('ALTER TABLE audit_block_away RENAME TO audit_block'));
    assert.doesNotMatch(JSON.stringify(await updater(gateway, token).read()), /Changed/);
    await records();
    assert.equal((await patch('W/"2"')).status, 200);
    assert.equal((await patch('W/"1"')).status, 409);
    const [changed, refused, ...others] = (await records()).sort((a, b) =>
      a.outcome.localeCompare(b.outcome),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      [changed?.action, changed?.outcome, changed?.detail.before, changed?.detail.version],
      ['patient.changed', 'ok', 2, 3],
    );
    assert.deepEqual(
      [refused?.action, refused?.outcome, refused?.detail.rule],
      ['patient.changed', 'refused', 'pds.versionMismatch'],
    );
  });

  test('records every repetition of a change as one, not as a change', async () => {
    for (let copy = 0; copy < 2; copy++) assert.equal((await patch('W/"2"')).status, 200);
    const all = await records();
    assert.deepEqual(
      all.map(({ action, outcome }) => [action, outcome]),
      [
        ['patient.change-repeated', 'ok'],
        ['patient.change-repeated', 'ok'],
      ],
    );
    assert.deepEqual(
      all.map(({ actor, subject, detail }) => [actor, subject !== '', detail.version, detail.before]),
      Array(2).fill([uid, true, 3, undefined]),
    );
  });

  test('does not record the request of another user with the same X-Request-ID as a change', async () => {
    const other = await gateway.issue({
      uid: '555032000100',
      attributes: { 'id_token-subject': '555032000100', 'alongside.role_ids': role },
    });
    assert.equal((await patch('W/"2"', other)).status, 409);
    assert.deepEqual(
      (await records()).map(({ actor, outcome, detail }) => [actor, outcome, detail.rule]),
      [['555032000100', 'refused', 'pds.versionMismatch']],
    );
  });

  test('records a new patient by the hash of the new number, a repetition as one, and a known patient as a refusal', async () => {
    const period = { start: '2024-01-01' };
    const authority = [
      { url: 'registeringAuthorityType', valueCodeableConcept: { coding: [{ code: 'x' }] } },
      { url: 'organisationIdentifier', valueString: 'RGS' },
    ];
    const body = JSON.stringify({
      name: [{ use: 'usual', given: ['Robin'], family: 'Newby' }],
      gender: 'female',
      birthDate: '1990-10-22',
      address: [{ use: 'home', period, line: ['1 Way', 'Leeds'], postalCode: 'LS1 6AE' }],
      extension: [
        {
          url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-RegisteringAuthority',
          extension: authority,
        },
      ],
    });
    const create = (id = requestId) =>
      gateway.call(`${pdsBase}/Patient`, {
        method: 'POST',
        token,
        headers: { 'content-type': 'application/json', 'x-request-id': id },
        body,
      });
    const created = await create();
    assert.equal(created.status, 201, await created.clone().text());
    const { id } = (await created.json()) as { id: string };
    const [record] = await records();
    assert.deepEqual(
      [record?.action, record?.subject, record?.detail.version],
      ['patient.changed', gateway.dependencies.audit.subjectOf(id), 1],
    );
    assert.equal((await create()).status, 201);
    assert.equal((await create(randomUUID())).status, 200);
    const described = (await records()).map(({ action, outcome, subject, detail }) => [
      action,
      outcome,
      subject === gateway.dependencies.audit.subjectOf(id),
      detail.rule,
    ]);
    assert.deepEqual(described, [
      ['patient.change-repeated', 'ok', true, undefined],
      ['patient.changed', 'refused', false, 'pds.singleMatch'],
    ]);
  });

  test('a read without a stored record gets no response', async () => {
    await gateway.database.run(sql('ALTER TABLE audit_block RENAME TO audit_block_away'));
    const answer = await gateway.call(path, { token });
    await gateway.database.run(sql('ALTER TABLE audit_block_away RENAME TO audit_block'));
    assert.equal(answer.status, 500);
    assert.doesNotMatch(await answer.text(), /9000000009|Smith/);
    assert.equal((await gateway.call(path, { token })).status, 200);
    assert.equal((await records()).length, 1);
  });

  test('sums calls without a known token instead of recording them', async () => {
    for (let n = 0; n < 20; n++)
      assert.equal((await gateway.call(path, { token: `unknown-${n}` })).status, 401);
    assert.equal((await gateway.call('/hello-world/hello/world')).status, 200);
    assert.deepEqual(await records(), []);
    await gateway.dependencies.audit.tick();
    const [sum] = (await records()).filter(({ action }) => action === 'unproven.refused');
    assert.deepEqual(
      [sum?.target, sum?.address, sum?.detail.count],
      ['gateway personal-demographics', '127.0.0.1', 20],
    );
  });

  test('records a call that concerns no patient as such', async () => {
    const application = await gateway.issue({ uid: null, scope: 'urn:nhsd:apim:app:level3:hello-world' });
    assert.equal((await gateway.call('/hello-world/hello/application', { token: application })).status, 200);
    const [record] = await records();
    assert.deepEqual([record?.action, record?.actor, record?.application], ['api.called', '', 'full']);
  });
});
