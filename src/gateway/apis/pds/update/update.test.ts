import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, startGateway } from '../../../testing/gateway.ts';
import type { Patient } from '../patient.ts';
import { patientShape } from '../shape.ts';
import { addressed, named, updater } from '../testing/update.ts';
import { extensionUrls } from '../vocabulary.ts';

let gateway: RunningGateway;
let token: string;
let patch: ReturnType<typeof updater>['patch'];
let read: ReturnType<typeof updater>['read'];
beforeEach(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
  ({ patch, read } = updater(gateway, token));
});
afterEach(() => gateway.stop());

describe('an update', () => {
  test('returns the whole record in its next version, which is then read', async () => {
    const answer = await patch([named, { op: 'replace', path: '/name/0/family', value: 'Hare' }]);
    assert.deepEqual(
      [answer.status, answer.headers.get('etag'), answer.headers.get('content-type')],
      [200, 'W/"3"', 'application/fhir+json'],
    );
    const updated = (await answer.json()) as Patient;
    assert.deepEqual([updated.meta.versionId, updated.name?.[0]?.family], ['3', 'Hare']);
    assert.deepEqual(await read(), updated);
  });

  test('gives new entries an id and a start, and removes the full stop of a title', async () => {
    const name = { use: 'nickname', given: ['Jack'], family: 'Hare', prefix: ['Dr.'] };
    const answer = await patch([{ op: 'add', path: '/name/-', value: name }]);
    const { name: names } = (await answer.json()) as Patient;
    assert.match(names?.[1]?.id ?? '', /^[0-9A-F]{8}$/);
    assert.deepEqual([names?.[1]?.period, names?.[1]?.prefix], [{ start: '2026-07-01' }, ['Dr']]);
  });

  test('adds the first entry of a list, sets a scalar, and removes an entry after its test', async () => {
    const phone = { system: 'phone', use: 'mobile', value: '07700900300' };
    assert.equal(
      (
        await patch([
          { op: 'add', path: '/telecom/-', value: phone },
          { op: 'add', path: '/multipleBirthInteger', value: 2 },
        ])
      ).status,
      200,
    );
    const { telecom } = await read();
    const tested = { op: 'test', path: '/telecom/0/id', value: telecom?.[0]?.id };
    assert.equal(
      (await patch([tested, { op: 'remove', path: '/telecom/0' }], { version: 'W/"3"' })).status,
      200,
    );
    const after = await read();
    assert.deepEqual(['telecom' in after, after.multipleBirthInteger, after.meta.versionId], [false, 2, '4']);
  });

  test('spreads three address lines so that the town is the fourth', async () => {
    const lines = { op: 'replace', path: '/address/0/line', value: ['1 New Road', 'Old End', 'Brigg'] };
    assert.equal((await patch([addressed, lines])).status, 200);
    assert.deepEqual((await read()).address?.[0]?.line, ['1 New Road', 'Old End', 'Brigg']);
  });

  test('adds an informal notification of death', async () => {
    const status = {
      system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus',
      version: '1.0.0',
      code: '1',
      display: 'Informal',
    };
    const notification = {
      url: extensionUrls.deathNotification,
      extension: [{ url: 'deathNotificationStatus', valueCodeableConcept: { coding: [status] } }],
    };
    const answer = await patch([
      { op: 'add', path: '/deceasedDateTime', value: '2026-06-30' },
      { op: 'add', path: '/extension/-', value: notification },
    ]);
    assert.equal(answer.status, 200);
    assert.equal((await read()).deceasedDateTime, '2026-06-30T00:00:00+00:00');
  });

  test('keeps former values for a search with history', async () => {
    await patch([named, { op: 'replace', path: '/name/0/family', value: 'Hare' }]);
    const find = async (more: string) =>
      (
        (await (
          await gateway.call(`${pdsBase}/Patient?family=O'Hare-Smith&birthdate=1999-06-15${more}`, { token })
        ).json()) as { total: number }
      ).total;
    assert.deepEqual([await find(''), await find('&_history=true')], [0, 1]);
  });

  test('keeps what the client did not see: blank lines, a confidential removal, the location of a restricted patient', async () => {
    const stored = async (id: string) =>
      JSON.parse(
        (
          await gateway.database.get<{ body: string }>({
            text: 'SELECT body FROM patient WHERE nhs_number = ?',
            values: [id],
          })
        )?.body ?? '',
      ).patient as Patient;
    for (const [id, version] of [
      ['5900059332', 'W/"2"'],
      ['5900057208', 'W/"2"'],
      ['9727022820', 'W/"4"'],
    ] as const) {
      const before = await stored(id);
      const answer = await patch([named, { op: 'replace', path: '/name/0/family', value: 'Changed' }], {
        id,
        version,
      });
      assert.equal(answer.status, 200, id);
      const after = await stored(id);
      assert.equal(after.name?.[0]?.family, 'Changed');
      for (const member of ['address', 'telecom', 'contact', 'generalPractitioner', 'extension'] as const)
        assert.deepEqual(after[member], before[member], `${id} ${member}`);
      if (id === '9727022820') assert.ok(!('address' in ((await answer.json()) as Patient)));
    }
  });

  test('always returns the published shape', async () => {
    const answer = await patch([named, { op: 'add', path: '/name/0/suffix', value: ['BSc'] }]);
    assert.equal(
      patientShape.extend({ address: patientShape.shape.address }).safeParse(await answer.json()).success,
      true,
    );
  });
});
