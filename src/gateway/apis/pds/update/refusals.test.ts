import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type OutcomeBody, type RunningGateway, startGateway } from '../../../testing/gateway.ts';
import { addressed, named, type Sent, updater } from '../testing/update.ts';
import { extensionUrls, urls } from '../vocabulary.ts';

let gateway: RunningGateway;
let token: string;
let patch: ReturnType<typeof updater>['patch'];
let read: ReturnType<typeof updater>['read'];
before(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
  ({ patch, read } = updater(gateway, token));
});
after(() => gateway.stop());

describe('a refused update', () => {
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
    ['an empty list instead of an id', [named, { op: 'replace', path: '/name/0/id', value: [] }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - '/name/0/id' cannot be removed")],
    ['null instead of an id', [named, { op: 'replace', path: '/name/0/id', value: null }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - '/name/0/id' cannot be removed")],
    ['a text of 2,000 characters', [{ op: 'replace', path: '/name/0/family', value: 'x'.repeat(2_000) }], {}, 400, 'INVALID_VALUE', `Invalid value - '${'x'.repeat(100)}' in field '0/value'`],
    ['a value of 10,000 lists in lists', [{ op: 'add', path: '/name/-', value: JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)) }], {}, 400, 'INVALID_VALUE', undefined],
    ['an entry that is none', [{ op: 'add', path: '/name/-', value: null }], {}, 400, 'INVALID_VALUE', undefined],
    ['a text where a list is', [addressed, { op: 'replace', path: '/address/0/line', value: 'x' }], {}, 400, 'INVALID_VALUE', undefined],
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
    ['a test of a text that fails', [named, { op: 'test', path: '/name/0/family', value: "O'Brien" }], {}, 400, 'INVALID_UPDATE', bad("Invalid patch - O'Hare-Smith (<class 'str'>) is not equal to tested value O'Brien (<class 'str'>)")],
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
    test(`returns ${status} ${code}: ${name}`, async () => {
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
