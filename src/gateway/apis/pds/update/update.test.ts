import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  scopes,
  startGateway,
} from '../../../gateway.fixture.ts';
import type { Patient } from '../patient.ts';
import { patientShape } from '../shape.ts';
import { extensionUrls, urls } from '../vocabulary.ts';

let gateway: RunningGateway;
let token: string;
beforeEach(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
});
afterEach(() => gateway.stop());

interface Sent {
  id?: string;
  version?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
  as?: string;
}

const patch = (
  patches: unknown,
  { id = '9733162043', version = 'W/"2"', headers, body, as = token }: Sent = {},
) =>
  gateway.call(`${pdsBase}/Patient/${id}`, {
    method: 'PATCH',
    token: as,
    headers: {
      'content-type': 'application/json-patch+json',
      ...(version !== null && { 'if-match': version }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body ?? { patches }),
  });

const uuids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const read = async (id = '9733162043') =>
  (await (await gateway.call(`${pdsBase}/Patient/${id}`, { token })).json()) as Patient;
const named = { op: 'test', path: '/name/0/id', value: '123' };
const addressed = { op: 'test', path: '/address/0/id', value: '456' };

describe('an update that is made', () => {
  test('answers the whole record in its next version, which is what is read then', async () => {
    const answer = await patch([named, { op: 'replace', path: '/name/0/family', value: 'Hare' }]);
    assert.deepEqual(
      [answer.status, answer.headers.get('etag'), answer.headers.get('content-type')],
      [200, 'W/"3"', 'application/fhir+json'],
    );
    const updated = (await answer.json()) as Patient;
    assert.deepEqual([updated.meta.versionId, updated.name?.[0]?.family], ['3', 'Hare']);
    assert.deepEqual(await read(), updated);
  });

  test('new entries get an id and a start; a title loses its full stop', async () => {
    const name = { use: 'nickname', given: ['Jack'], family: 'Hare', prefix: ['Dr.'] };
    const answer = await patch([{ op: 'add', path: '/name/-', value: name }]);
    const { name: names } = (await answer.json()) as Patient;
    assert.match(names?.[1]?.id ?? '', /^[0-9A-F]{8}$/);
    assert.deepEqual([names?.[1]?.period, names?.[1]?.prefix], [{ start: '2026-07-01' }, ['Dr']]);
  });

  test('the first entry of a list, a scalar, and a removal after its test', async () => {
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

  test('three address lines are spread so that the town is the fourth', async () => {
    const lines = { op: 'replace', path: '/address/0/line', value: ['1 New Road', 'Old End', 'Brigg'] };
    assert.equal((await patch([addressed, lines])).status, 200);
    assert.deepEqual((await read()).address?.[0]?.line, ['1 New Road', 'Old End', 'Brigg']);
  });

  test('a death that became known informally', async () => {
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

  test('what was there before is found by a search with history', async () => {
    await patch([named, { op: 'replace', path: '/name/0/family', value: 'Hare' }]);
    const find = async (more: string) =>
      (
        (await (
          await gateway.call(`${pdsBase}/Patient?family=O'Hare-Smith&birthdate=1999-06-15${more}`, { token })
        ).json()) as { total: number }
      ).total;
    assert.deepEqual([await find(''), await find('&_history=true')], [0, 1]);
  });

  test('what the client was not shown stays: blank lines, a confidential removal, the whereabouts of a restricted patient', async () => {
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

  test('every answer has the published shape', async () => {
    const answer = await patch([named, { op: 'add', path: '/name/0/suffix', value: ['BSc'] }]);
    assert.equal(
      patientShape.extend({ address: patientShape.shape.address }).safeParse(await answer.json()).success,
      true,
    );
  });
});

describe('an update that is refused', () => {
  const bad = (reason: string) => `Invalid update with error - ${reason}`;
  const no = (reason: string) => `Forbidden update with error - ${reason}`;
  const usual = { use: 'usual', family: 'Bloggs', given: ['Joe'], period: { start: '2019-12-31' } };
  const bounds = (index: number) => bad(`Invalid patch - index '${index}' is out of bounds`);
  const email = (value: string) => [
    { op: 'add', path: '/telecom/-', value: { system: 'email', use: 'home', value } },
  ];
  const home = { use: 'home', line: ['1', '', '', 'Leeds'], period: { start: '2020-01-01' } };

  // biome-ignore format: a table reads best one row a line
  const cases: [string, unknown, Sent, number, string, string | undefined][] = [
    ['a wrong number', [named], { id: '9000000000' }, 400, 'INVALID_RESOURCE_ID', undefined],
    ['an unknown number', [named], { id: '9111231130' }, 404, 'RESOURCE_NOT_FOUND', undefined],
    ['an invalidated record', [named], { id: '9990003343' }, 404, 'INVALIDATED_RESOURCE', undefined],
    ['a superseded record', [named], { id: '5900053636', version: 'W/"5"' }, 403, 'FORBIDDEN_UPDATE', no('Update Failed - NHS No. supplied has been superseded in a merge')],
    ['no If-Match', [named], { version: null }, 412, 'PRECONDITION_FAILED', 'Invalid request with error - If-Match header must be supplied to update this resource'],
    ['another version', [named], { version: 'W/"1"' }, 409, 'RESOURCE_VERSION_MISMATCH', undefined],
    ['a malformed version', [named], { version: '2' }, 409, 'RESOURCE_VERSION_MISMATCH', undefined],
    ['another content type', [named], { headers: { 'content-type': 'application/bananas' } }, 400, 'UNSUPPORTED_SERVICE', undefined],
    ["FHIR's own content type", [named], { headers: { 'content-type': 'application/fhir+json' } }, 400, 'UNSUPPORTED_SERVICE', undefined],
    ['no JSON', [], { body: '{' }, 400, 'UNSUPPORTED_SERVICE', undefined],
    ['no patches', [], { body: {} }, 400, 'INVALID_UPDATE', bad('No patches found')],
    ['empty patches', [], {}, 400, 'INVALID_UPDATE', bad('No patches found')],
    ['a bare JSON Patch', [], { body: [named] }, 400, 'INVALID_UPDATE', bad('No patches found')],
    ['an unknown operation', [{ op: 'bad_value', path: 'not a path' }], {}, 400, 'INVALID_VALUE', "Invalid value - 'bad_value' in field '0/op'"],
    ['a path that is none', [named, { op: 'remove', path: 'name' }], {}, 400, 'INVALID_VALUE', "Invalid value - 'name' in field '1/path'"],
    ['a path to the prototype', [{ op: 'add', path: '/__proto__/x', value: 1 }], {}, 400, 'INVALID_VALUE', undefined],
    ['no value', [{ op: 'add', path: '/gender' }], {}, 400, 'MISSING_VALUE', "Missing value - '0/value'"],
    ['an unknown member', [{ op: 'add', path: '/pets', value: 'cat' }], {}, 400, 'INVALID_UPDATE', bad("Update unsupported for resource - 'pets'")],
    ['an unknown member of a name', [named, { op: 'add', path: '/name/0/text', value: 'x' }], {}, 400, 'INVALID_UPDATE', bad("Update unsupported for resource - 'text'")],
    ['the number itself', [{ op: 'replace', path: '/id', value: '9000000009' }], {}, 400, 'INVALID_UPDATE', bad("Update unsupported for resource - 'id'")],
    ['the confidentiality', [{ op: 'replace', path: '/meta/security/0/code', value: 'U' }], {}, 400, 'INVALID_UPDATE', bad("Update unsupported for resource - 'meta'")],
    ['an entry at a place', [{ op: 'add', path: '/name/0', value: usual }], {}, 400, 'INVALID_UPDATE', undefined],
    ['part of an entry without its id', [{ op: 'replace', path: '/address/0/postalCode', value: 'LS1 4BU' }], {}, 400, 'INVALID_UPDATE', bad('no id or url found for path with root /address/0')],
    ['the same of a patient without address', [{ op: 'replace', path: '/address/0/line/0', value: 'x' }], { id: '5900059073', version: 'W/"12"' }, 400, 'INVALID_UPDATE', bad('no id or url found for path with root /address/0')],
    ['an id of a patient without address', [{ op: 'replace', path: '/address/0/id', value: '456' }], { id: '5900059073', version: 'W/"12"' }, 400, 'INVALID_UPDATE', bounds(0)],
    ['an unknown id', [{ op: 'replace', path: '/address/0/id', value: '123456' }], {}, 400, 'INVALID_UPDATE', bad("no 'address' resources with object id '123456'")],
    ['a removal without test', [{ op: 'remove', path: '/name/1' }], {}, 400, 'INVALID_UPDATE', bad("removal '/name/1' is not immediately preceded by equivalent test - instead it is the first item")],
    ['a removal of what is not there', [{ op: 'test', path: '/name/1/id', value: '123456' }, { op: 'remove', path: '/name/1' }], {}, 400, 'INVALID_UPDATE', bounds(1)],
    ['a removal inside what is not there', [named, { op: 'remove', path: '/name/0/suffix/0' }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - can't remove non-existent object '0'")],
    ['a replacement of what is not there', [addressed, { op: 'replace', path: '/address/0/text', value: 'x' }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - can't replace non-existent object 'text'")],
    ['a test that fails', [named, { op: 'test', path: '/name/0/period', value: { start: '2000-01-01' } }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - {'start': '2020-01-01'} (<class 'dict'>) is not equal to tested value {'start': '2000-01-01'} (<class 'dict'>)")],
    ['no change', [named], {}, 400, 'INVALID_UPDATE', bad('Invalid patch - Provided patch made no changes to the resource')],
    ['a second usual name', [{ op: 'add', path: '/name/-', value: usual }], {}, 403, 'FORBIDDEN_UPDATE', no('multiple usual names cannot be added')],
    ['the usual name removed', [named, { op: 'remove', path: '/name/0' }], {}, 403, 'FORBIDDEN_UPDATE', no('not permitted to remove usual name')],
    ['the birth date removed', [{ op: 'remove', path: '/birthDate' }], {}, 403, 'FORBIDDEN_UPDATE', no("source not permitted to remove 'birthDate'")],
    ['the gender removed', [{ op: 'remove', path: '/gender' }], {}, 403, 'FORBIDDEN_UPDATE', no("source not permitted to remove 'gender'")],
    ['another use of a name', [named, { op: 'replace', path: '/name/0/use', value: 'old' }], {}, 403, 'FORBIDDEN_UPDATE', undefined],
    ['a gender that cannot be set', [{ op: 'replace', path: '/gender', value: 'other' }], {}, 400, 'INVALID_UPDATE', undefined],
    ['a birth date that is no day', [{ op: 'replace', path: '/birthDate', value: '1999-02-30' }], {}, 400, 'INVALID_VALUE', "Invalid value - '1999-02-30' in field 'birthDate'"],
    ['a birth date to come', [{ op: 'replace', path: '/birthDate', value: '2026-07-02' }], {}, 400, 'INVALID_UPDATE', undefined],
    ['a birth order', [{ op: 'add', path: '/multipleBirthInteger', value: 10 }], {}, 400, 'INVALID_VALUE', "Invalid value - '10' in field 'multipleBirthInteger'"],
    ['a death in another zone', [{ op: 'add', path: '/deceasedDateTime', value: '2026-06-30T00:00:00+01:00' }], {}, 400, 'INVALID_VALUE', "Invalid value - '2026-06-30T00:00:00+01:00' in field 'deceasedDateTime'"],
    ['a death without notification', [{ op: 'add', path: '/deceasedDateTime', value: '2026-06-30' }], {}, 400, 'INVALID_UPDATE', undefined],
    ['a formal death', [{ op: 'replace', path: '/deceasedDateTime', value: '2024-01-01' }], { id: '5900056597', version: 'W/"4"' }, 403, 'FORBIDDEN_UPDATE', undefined],
    ['a second home', [{ op: 'add', path: '/address/-', value: home }], {}, 400, 'INVALID_UPDATE', undefined],
    ['an office', [{ op: 'add', path: '/address/-', value: { ...home, use: 'work' } }], {}, 400, 'INVALID_UPDATE', undefined],
    ['a stay without end', [{ op: 'add', path: '/address/-', value: { ...home, use: 'temp' } }], {}, 400, 'INVALID_UPDATE', undefined],
    ['an end before its start', [{ op: 'add', path: '/address/-', value: { ...home, use: 'temp', period: { start: '2020-01-02', end: '2020-01-01' } } }], {}, 400, 'INVALID_UPDATE', undefined],
    ['a start to come', [named, { op: 'replace', path: '/name/0/period/start', value: '2026-07-02' }], {}, 400, 'INVALID_UPDATE', undefined],
    ['an address without lines', [addressed, { op: 'replace', path: '/address/0/line', value: ['', '', 'x', '', ''] }], {}, 400, 'INVALID_UPDATE', bad('address lines 1 and 4 or 2 and 4 must be completed as a minimum')],
    ['a short e-mail address', email('a@b.uk'), {}, 400, 'INVALID_UPDATE', bad('email format is invalid')],
    ['no e-mail address', email('somewhere'), {}, 400, 'INVALID_UPDATE', bad('email format is invalid')],
    ['two of one kind', [...email('a@example.com'), ...email('b@example.com')], {}, 400, 'INVALID_UPDATE', undefined],
    ['English as preferred language', [{ op: 'add', path: '/extension/-', value: { url: extensionUrls.communication, extension: [{ url: 'language', valueCodeableConcept: { coding: [{ system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-HumanLanguage', code: 'en' }] } }] } }], {}, 400, 'INVALID_UPDATE', undefined],
    ['an unknown extension', [{ op: 'add', path: '/extension/-', value: { url: 'https://example.com' } }], {}, 400, 'INVALID_UPDATE', undefined],
    ['the reason for removal', [{ op: 'add', path: '/extension/-', value: { url: urls.removal, extension: [] } }], {}, 403, 'FORBIDDEN_UPDATE', undefined],
    ['the address of a restricted patient', [{ op: 'add', path: '/address/-', value: home }], { id: '9727022820', version: 'W/"4"' }, 400, 'INVALID_UPDATE', bad('This user does not have permission to update the fields in the patches provided.')],
    ['a guess at the name of a very restricted patient', [{ op: 'test', path: '/name/0/family', value: 'Quill' }], { id: '9727024610', version: 'W/"3"' }, 400, 'INVALID_UPDATE', bad('This user does not have permission to update the fields in the patches provided.')],
  ];
  for (const [name, patches, sent, status, code, diagnostics] of cases)
    test(`${name}: ${status} ${code}`, async () => {
      const answer = await patch(patches, sent);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      assert.deepEqual([answer.status, issue.details.coding[0].code], [status, code]);
      if (diagnostics !== undefined) assert.equal(issue.diagnostics, diagnostics);
      assert.equal(
        issue.severity,
        code === 'FORBIDDEN_UPDATE' || (status === 404 && code === 'RESOURCE_NOT_FOUND')
          ? 'information'
          : 'error',
      );
      assert.equal((await read()).meta.versionId, '2', 'all or nothing');
    });
});

describe('updates at once and again', () => {
  const change = (value: string) => [named, { op: 'replace', path: '/name/0/family', value }];

  test('of two with the same version one is made, the other is 409', async () => {
    const answers = await Promise.all(
      uuids.map((id, at) => patch(change(`Name${at}`), { headers: { 'x-request-id': id } })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    assert.equal((await read()).meta.versionId, '3');
  });

  test('the same request again is answered as before and changes nothing', async () => {
    const headers = { 'x-request-id': uuids[0] };
    const first = await (await patch(change('Hare'), { headers })).json();
    const again = await patch(change('Hare'), { headers });
    assert.deepEqual([again.status, await again.json()], [200, first]);
    assert.equal((await read()).meta.versionId, '3');
  });

  test('with another id, body or application it is no repetition', async () => {
    await patch(change('Hare'), { headers: { 'x-request-id': uuids[0] } });
    await gateway.addApplication('other', {}, ['pds']);
    const other = await gateway.issue({ applicationId: 'other' });
    assert.equal((await patch(change('Hare'), { headers: { 'x-request-id': uuids[1] } })).status, 409);
    assert.equal((await patch(change('Hart'), { headers: { 'x-request-id': uuids[0] } })).status, 409);
    assert.equal(
      (await patch(change('Hare'), { headers: { 'x-request-id': uuids[0] }, as: other })).status,
      409,
    );
  });
});

describe('a citizen', () => {
  const id = '9912003071';
  const claims = { nhs_number: id, identity_proofing_level: 'P9', vot: 'P9.Cp.Cd' };
  const idToken = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const mobile = { system: 'phone', use: 'mobile', value: '07700900400' };
  const refusal =
    'Invalid update with error - This user does not have permission to update the fields in the patches provided.';
  // biome-ignore format: a table reads best one row a line
  const cases: [string, object[], string | undefined][] = [
    ['adds a mobile number', [{ op: 'add', path: '/telecom/-', value: mobile }], undefined],
    ['replaces the whole address', [addressed, { op: 'replace', path: '/address/0', value: { id: '456', use: 'home', line: ['1 New Way', 'Leeds'], period: { start: '2024-01-01' } } }], undefined],
    ['does not change part of an address', [addressed, { op: 'replace', path: '/address/0/postalCode', value: 'LS1 4BU' }], refusal],
    ['does not add a home telephone', [{ op: 'add', path: '/telecom/-', value: { ...mobile, use: 'home' } }], refusal],
    ['does not change the name', [named, { op: 'replace', path: '/name/0/family', value: 'X' }], refusal],
    ['does not change the birth date', [{ op: 'replace', path: '/birthDate', value: '1961-04-20' }], refusal],
  ];
  for (const [name, patches, diagnostics] of cases)
    test(name, async () => {
      const as = await gateway.issue({
        scope: scopes.patient,
        attributes: { auth_provider: 'nhs-login', id_token: idToken },
      });
      const answer = await patch(patches, { id, version: 'W/"1"', as });
      assert.equal(answer.status, diagnostics === undefined ? 200 : 400);
      if (diagnostics) assert.equal(((await answer.json()) as OutcomeBody).issue[0].diagnostics, diagnostics);
    });
});
