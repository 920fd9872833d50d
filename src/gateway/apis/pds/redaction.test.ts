import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, readPatient, scopes, startGateway } from '../../testing/gateway.ts';
import type { Patient, RelatedPerson } from './patient.ts';
import { extensionUrls, urls } from './vocabulary.ts';

let gateway: RunningGateway;
let token: string;
before(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
});
after(() => gateway.stop());

const read = (id: string, as = token, init: RequestInit = {}) =>
  readPatient(gateway, id, { token: as, ...init });
const urlsOf = ({ extension = [] }: Patient) => extension.map(({ url }) => url);

describe('redaction', () => {
  const whereabouts = ['address', 'telecom', 'generalPractitioner', 'managingOrganization', 'contact'];

  for (const id of ['9000000025', '9727022820'])
    test(`shows who a restricted patient is, but not where: ${id}`, async () => {
      const patient = await read(id);
      assert.deepEqual(patient.meta.security, [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
          code: 'R',
          display: 'restricted',
        },
      ]);
      for (const member of whereabouts) assert.ok(!(member in patient), member);
      for (const url of [extensionUrls.nominatedPharmacy, urls.birthPlace])
        assert.ok(!urlsOf(patient).includes(url), url);
      assert.ok(patient.name && patient.gender && patient.birthDate);
    });

  test('shows the death of a restricted patient', async () => {
    const patient = await read('9000000025');
    assert.ok(patient.deceasedDateTime);
    assert.deepEqual(urlsOf(patient), [extensionUrls.deathNotification]);
    assert.equal(patient.multipleBirthInteger, 1);
  });

  test('hides even name and birth date of a very restricted patient', async () => {
    const patient = await read('9727024610');
    assert.equal(patient.meta.security[0].code, 'V');
    for (const member of [...whereabouts, 'name', 'birthDate']) assert.ok(!(member in patient), member);
  });

  test('hides related people of a restricted patient', async () => {
    for (const [id, total] of [
      ['9000000009', 2],
      ['9000000017', 1],
      ['9000000033', 0],
      ['9000000025', 0],
      ['9727022820', 0],
    ] as const) {
      const answer = await gateway.call(`${pdsBase}/Patient/${id}/RelatedPerson`, { token });
      const bundle = (await answer.json()) as {
        resourceType: string;
        type: string;
        timestamp: string;
        total: number;
        entry?: { fullUrl: string }[];
      };
      assert.deepEqual(
        [answer.status, bundle.resourceType, bundle.type, bundle.total],
        [200, 'Bundle', 'searchset', total],
      );
      assert.equal(bundle.timestamp, '2026-07-01T12:00:00+00:00');
      assert.equal(bundle.entry?.length, total === 0 ? undefined : total);
      assert.equal('entry' in bundle, total > 0);
    }
  });

  test('hides where a related person is whose own record is restricted', async () => {
    const answer = await gateway.call(`${pdsBase}/Patient/9732110317/RelatedPerson`, { token });
    const { entry } = (await answer.json()) as { entry: { resource: RelatedPerson }[] };
    const [own, restricted, open] = entry.map(({ resource }) => resource);
    assert.deepEqual(
      own?.relationship[0]?.coding.map(({ code }) => code),
      ['MTH', 'N'],
    );
    assert.equal(restricted?.patient.identifier.value, '9727022820');
    assert.deepEqual(
      restricted?.relationship[0]?.coding.map(({ code }) => code),
      ['Guardian'],
    );
    for (const member of ['address', 'telecom'])
      assert.deepEqual([member in (restricted ?? {}), member in (open ?? {})], [false, true], member);
  });

  test('shows a restricted record in full with privileged access, but not a very restricted one', async () => {
    const privileged = await gateway.issue({ scope: scopes.privileged });
    const patient = await read('9727022820', privileged);
    for (const member of ['address', 'telecom', 'generalPractitioner', 'contact'])
      assert.ok(member in patient, member);
    assert.ok(urlsOf(patient).includes(urls.birthPlace));
    assert.ok(!('name' in (await read('9727024610', privileged))));
  });

  test('ignores privileged access or attributes that a client claims', async () => {
    const headers = {
      'NHSE-PDS-Privileged-Access': 'true',
      NHSE_PDS_Privileged_Access: 'true',
      'NHSE-PDS-Custom-Attributes': '{"return-confidential-reason-for-removal":"true"}',
    };
    assert.ok(!('address' in (await read('9727022820', token, { headers }))));
    assert.match(JSON.stringify(await read('5900057208', token, { headers })), /"ORR"/);
  });

  test('replaces a confidential reason for removal unless the application was granted it, and always hides some', async () => {
    const reason = ({ extension }: Patient) =>
      extension?.find(({ url }) => url === urls.removal)?.extension?.[0]?.valueCodeableConcept?.coding[0];
    const flow = {
      'apim-app-flow-vars': '{"pds":{"custom-attributes":{"return-confidential-reason-for-removal":"true"}}}',
    };
    await gateway.addApplication('granted', flow, ['pds']);
    const granted = await gateway.issue({ applicationId: 'granted' });
    assert.deepEqual(reason(await read('5900057208'))?.code, 'ORR');
    assert.deepEqual(reason(await read('5900057208'))?.display, 'Other Reason');
    assert.deepEqual(reason(await read('5900057208', granted))?.code, 'AFN');
    assert.deepEqual(reason(await read('5900059332', granted))?.code, 'ORR');
    assert.deepEqual(reason(await read('9000000009'))?.code, 'SCT');
  });

  test('omits blank address lines unless the application asked for them', async () => {
    const flow = {
      'apim-app-flow-vars': '{"pds":{"custom-attributes":{"return-empty-address-lines":"true"}}}',
    };
    await gateway.addApplication('blank', flow, ['pds']);
    assert.deepEqual((await read('5900059332')).address?.[0]?.line, [
      '18 Canal Side',
      'Selby',
      'North Yorkshire',
    ]);
    const whole = await read('5900059332', await gateway.issue({ applicationId: 'blank' }));
    assert.deepEqual(whole.address?.[0]?.line, ['', '18 Canal Side', '', 'Selby', 'North Yorkshire']);
  });
});
