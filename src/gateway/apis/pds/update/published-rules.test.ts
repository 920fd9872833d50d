import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type OutcomeBody, type RunningGateway, scopes, startGateway } from '../../../testing/gateway.ts';
import type { Patient, PatientRecord } from '../patient.ts';
import {
  addressKey,
  communication,
  contactPreference,
  located,
  named,
  pharmacy,
  recordFrom,
  textphone,
} from '../seed/build.ts';
import { reset, seed } from '../seed.ts';
import { updater } from '../testing/update.ts';
import { extensionUrls, urls } from '../vocabulary.ts';

/** A record with several names, of which the published examples remove two. */
const example: PatientRecord = recordFrom({
  id: '9000000106',
  name: [
    named('Parker', ['Pat'], { id: '2' }),
    named('Irwin', ['Pat'], { id: '3', use: 'old' }),
    named('Bruce', ['Pat'], { id: '4', use: 'old', suffix: ['PhD'] }),
    named('Sharpe', ['Pat'], { id: '5', use: 'maiden' }),
  ],
  gender: 'female',
  birthDate: '1990-05-05',
  deceased: '2025-01-01T00:00:00+00:00',
  address: [located(['', '', 'Only the third line'], 'LS1 6AE')],
  telecom: [{ id: '1', system: 'phone', use: 'mobile', value: '07700900001' }],
  contact: [
    {
      id: 'C1',
      period: { start: '2020-01-01' },
      relationship: [{ coding: [{ system: urls.contactRole, code: 'C', display: 'Emergency Contact' }] }],
      telecom: [{ system: 'phone', value: '07700900002' }],
    },
  ],
  practice: {
    id: 'G1',
    type: 'Organization',
    identifier: { system: urls.odsCode, value: 'A20047', period: { start: '2020-01-01' } },
  },
  extension: [
    communication('fr', 'French', true),
    pharmacy('nominatedPharmacy', 'Y12345'),
    contactPreference({ code: '12', display: 'Braille' }, { code: '1', display: 'Letter' }, 'Not after 7pm'),
  ],
});
const id = example.patient.id;

let gateway: RunningGateway;
let send: (patches: unknown, as?: string) => Promise<Response>;
let read: () => Promise<Patient>;
before(async () => {
  gateway = await startGateway();
  const made = updater(gateway, await gateway.issue());
  send = (patches, as) => made.patch(patches, { id, version: 'W/"1"', ...(as && { as }) });
  read = () => made.read(id);
});
after(() => gateway.stop());
beforeEach(async () => {
  await reset(gateway.database);
  await seed(gateway.database, [example]);
});

const tested = (path: string, value: unknown) => ({ op: 'test', path, value });
const removed = (path: string) => ({ op: 'remove', path });
const added = (path: string, value: unknown) => ({ op: 'add', path, value });
const replaced = (path: string, value: unknown) => ({ op: 'replace', path, value });

const usual = tested('/name/0/id', '2');
const home = tested('/address/0/id', '456');
const talk = tested('/extension/0/url', extensionUrls.communication);
const preference = tested('/extension/2/url', extensionUrls.contactPreference);
const noRight = 'This user does not have permission to update the fields in the patches provided.';
const invalid = (value: unknown, field: string) => `Invalid value - '${value}' in field '${field}'`;
const death = (code: string) => ({
  url: extensionUrls.deathNotification,
  extension: [
    {
      url: 'deathNotificationStatus',
      valueCodeableConcept: {
        coding: [{ system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus', code }],
      },
    },
  ],
});
const stay = { use: 'temp', text: 'Holiday Home', line: ['1 Bay', 'Whitby'], postalCode: 'YO21 3PU' };
const whole = { start: '2026-06-01', end: '2026-06-30' };
const born = (country: string) => ({ url: urls.birthPlace, valueAddress: { country } });
const reachable = (point: object, code = 'C') => ({
  relationship: [{ coding: [{ system: urls.contactRole, code }] }],
  telecom: [{ system: 'phone', ...point }],
});
const spoken = (code: string) => communication(code, 'x', true);

describe('an update', () => {
  // Specification, patient-patch: the names of index 1 and 2 are removed.
  // biome-ignore format: a table reads best one row a line
  const examples: [string, object[]][] = [
    ['example 1, which removes the first index twice', [tested('/name/1/id', '3'), removed('/name/1'), tested('/name/1/id', '4'), removed('/name/1')]],
    ['example 2, which removes from the end', [tested('/name/2/id', '4'), removed('/name/2'), tested('/name/1/id', '3'), removed('/name/1')]],
  ];
  for (const [name, patches] of examples)
    test(`applies the published ${name}`, async () => {
      const answer = await send(patches);
      assert.equal(answer.status, 200, await answer.clone().text());
      assert.deepEqual(
        ((await answer.json()) as Patient).name?.map(({ family }) => family),
        ['Parker', 'Sharpe'],
      );
    });

  // biome-ignore format: a table reads best one row a line
  const accepted: [string, object[], (patient: Patient) => unknown, unknown][] = [
    ['removes a suffix after a test of its name', [tested('/name/2/id', '4'), removed('/name/2/suffix/0')], ({ name }) => name?.[2]?.suffix, undefined],
    ['changes the number of a record with a bad address', [tested('/telecom/0/id', '1'), replaced('/telecom/0/value', '07700900003')], ({ telecom }) => telecom?.[0]?.value, '07700900003'],
    ['stores a postcode in upper case', [home, replaced('/address/0/line', ['1 Way', 'Leeds']), replaced('/address/0/postalCode', 'ls1 6ab')], ({ address }) => address?.[0]?.postalCode, 'LS1 6AB'],
    ['needs no lines with a pseudo postcode', [home, replaced('/address/0/line', []), replaced('/address/0/postalCode', 'ZZ99 3VZ')], ({ address }) => address?.[0]?.postalCode, 'ZZ99 3VZ'],
    ['adds a pseudo postcode without lines', [tested('/address/0/id', '456'), removed('/address/0'), added('/address/-', { use: 'home', postalCode: 'ZZ99 3WZ' })], ({ address }) => address?.[0]?.line, undefined],
    ['accepts a title outside the list', [usual, added('/name/0/prefix', ['Captain'])], ({ name }) => name?.[0]?.prefix, ['Captain']],
    ['accepts letters of the published ranges', [usual, replaced('/name/0/family', "O'Brîen-Žák 2.")], ({ name }) => name?.[0]?.family, "O'Brîen-Žák 2."],
    ['names a part of an extension by its own url', [replaced('/extension/0/extension/1', { url: 'interpreterRequired', valueBoolean: false })], ({ extension }) => extension?.[0]?.extension?.[1]?.valueBoolean, false],
    ['accepts a stay with both ends', [added('/address/-', { ...stay, period: whole })], ({ address }) => address?.[1]?.text, 'Holiday Home'],
    ['accepts a local code of a country', [added('/extension/-', born('10'))], ({ extension }) => extension?.[3]?.valueAddress?.country, '10'],
    ['accepts sign language', [talk, replaced('/extension/0', spoken('q4'))], ({ extension }) => extension?.[0]?.extension?.[0]?.valueCodeableConcept?.coding[0]?.code, 'q4'],
  ];
  for (const [name, patches, member, value] of accepted)
    test(name, async () => {
      const answer = await send(patches);
      assert.equal(answer.status, 200, await answer.clone().text());
      assert.deepEqual(member((await answer.json()) as Patient), value);
    });

  test('replaces the id that a client gives an added entry', async () => {
    const nickname = { id: '2', use: 'nickname', family: 'Parker' };
    const { name } = (await (await send([added('/name/-', nickname)])).json()) as Patient;
    assert.match(name?.[4]?.id ?? '', /^[0-9A-F]{8}$/);
  });

  // biome-ignore format: a table reads best one row a line
  const refused: [string, object[], number, string, string | undefined][] = [
    ['example 3, which tests the index of before', [tested('/name/1/id', '3'), removed('/name/1'), tested('/name/2/id', '4'), removed('/name/2')], 400, 'INVALID_UPDATE', "Invalid update with error - no 'name' resources with object id '4'"],
    ['a part of the name that took the index of a removed one', [tested('/name/1/id', '3'), removed('/name/1'), replaced('/name/1/family', 'X')], 400, 'INVALID_UPDATE', 'Invalid update with error - no id or url found for path with root /name/1'],
    ['a listed title in lower case', [usual, added('/name/0/prefix', ['mr'])], 400, 'INVALID_VALUE', invalid('mr', 'name/0/prefix/0')],
    ['a listed title in upper case', [usual, added('/name/0/prefix', ['LADY'])], 400, 'INVALID_VALUE', invalid('LADY', 'name/0/prefix/0')],
    ['a suffix that starts with a small letter', [usual, added('/name/0/suffix', ['phd'])], 400, 'INVALID_VALUE', invalid('phd', 'name/0/suffix/0')],
    ['a character outside the ranges', [usual, replaced('/name/0/family', 'O`Brien')], 400, 'INVALID_VALUE', invalid('O`Brien', 'name/0/family')],
    ['a multiplication sign', [usual, replaced('/name/0/given', ['A×B'])], 400, 'INVALID_VALUE', invalid('A×B', 'name/0/given')],
    ['a control character in a line', [home, replaced('/address/0/line', ['1\u0000', 'Leeds'])], 400, 'INVALID_VALUE', undefined],
    ['half of a surrogate pair', [tested('/telecom/0/id', '1'), replaced('/telecom/0/value', '0\ud800')], 400, 'INVALID_VALUE', undefined],
    ['six given names', [usual, replaced('/name/0/given', ['A', 'B', 'C', 'D', 'E', 'F'])], 400, 'TOO_MANY_VALUES_SUBMITTED', "Too many values submitted - ['A', 'B', 'C', 'D', 'E', 'F'] in field 'name/0/given'"],
    ['a name without family', [added('/name/-', { use: 'nickname' })], 400, 'MISSING_VALUE', "Missing value - 'name/4/family'"],
    ['a death before birth', [replaced('/deceasedDateTime', '1980-01-01'), added('/extension/-', death('1'))], 400, 'INVALID_UPDATE', undefined],
    ['a death to come', [replaced('/deceasedDateTime', '2026-07-02'), added('/extension/-', death('1'))], 400, 'INVALID_UPDATE', undefined],
    ['a removed death', [removed('/deceasedDateTime')], 403, 'FORBIDDEN_UPDATE', "Forbidden update with error - source not permitted to remove 'deceasedDateTime'"],
    ['the legacy status of a death', [added('/extension/-', death('U'))], 400, 'UNSUPPORTED_VALUE', undefined],
    ['an unknown status of a death', [added('/extension/-', death('3'))], 400, 'INVALID_VALUE', invalid('3', 'extension/3/extension/0/valueCodeableConcept/coding/0/code')],
    ['a stay of an unknown kind', [added('/address/-', { ...stay, text: 'Hotel', period: whole })], 400, 'INVALID_UPDATE', undefined],
    ['a stay without start', [added('/address/-', { ...stay, period: { end: '2026-06-30' } })], 400, 'MISSING_VALUE', "Missing value - 'address/1/period/start'"],
    ['a billing address without end', [added('/address/-', { ...stay, use: 'billing', text: undefined, period: { start: '2026-06-01' } })], 400, 'INVALID_UPDATE', undefined],
    ['an unknown language', [talk, replaced('/extension/0', spoken('xx'))], 400, 'INVALID_UPDATE', undefined],
    ['a local language', [talk, replaced('/extension/0', spoken('qa'))], 400, 'INVALID_UPDATE', undefined],
    ['English', [talk, replaced('/extension/0', spoken('en'))], 400, 'INVALID_UPDATE', undefined],
    ['the need of an interpreter removed', [talk, removed('/extension/0/extension/1')], 400, 'INVALID_UPDATE', 'Invalid update with error - interpreterRequired cannot be removed'],
    ['the need of an interpreter without its url', [replaced('/extension/0/extension/1', { url: ' ', valueBoolean: false })], 400, 'INVALID_UPDATE', 'Invalid update with error - interpreterRequired cannot be removed'],
    ['a contact time of 41 characters', [preference, replaced('/extension/2', contactPreference({ code: '12', display: 'Braille' }, { code: '1', display: 'Letter' }, 'x'.repeat(41)))], 400, 'INVALID_UPDATE', undefined],
    ['a contact time without method', [preference, replaced('/extension/2', { url: extensionUrls.contactPreference, extension: [{ url: 'PreferredContactTimes', valueString: 'noon' }] })], 400, 'INVALID_UPDATE', undefined],
    ['the end of a practice', [tested('/generalPractitioner/0/id', 'G1'), added('/generalPractitioner/0/identifier/period/end', '2026-01-01')], 403, 'FORBIDDEN_UPDATE', undefined],
    ['a removed practice', [tested('/generalPractitioner/0/id', 'G1'), removed('/generalPractitioner/0')], 403, 'FORBIDDEN_UPDATE', "Forbidden update with error - source not permitted to remove 'generalPractitioner'"],
    ['two nicknames', [added('/name/-', { use: 'nickname', family: 'A' }), added('/name/-', { use: 'nickname', family: 'B' })], 400, 'INVALID_UPDATE', 'Invalid update with error - multiple nicknames cannot be added'],
    ['another use of a former name', [tested('/name/1/id', '3'), replaced('/name/1/use', 'maiden')], 400, 'INVALID_UPDATE', 'Invalid update with error - the use of a name cannot be changed'],
    ['a birth after the death', [replaced('/birthDate', '2025-06-01')], 400, 'INVALID_UPDATE', 'Invalid update with error - birthDate cannot be after death'],
    ['a formal notification of death', [added('/extension/-', death('2'))], 403, 'FORBIDDEN_UPDATE', 'Forbidden update with error - source not permitted to add a formal death notification'],
    ['a second pharmacy of a type', [added('/extension/-', pharmacy('nominatedPharmacy', 'Y99999'))], 400, 'INVALID_UPDATE', undefined],
    ['a place of birth without a place', [added('/extension/-', { url: urls.birthPlace, valueAddress: {} })], 400, 'INVALID_UPDATE', 'Invalid update with error - place of birth needs at least one of city, district and country'],
    ['a contact who is next of kin', [added('/contact/-', reachable({ value: '01632960001' }, 'N'))], 400, 'INVALID_UPDATE', "Invalid update with error - only the contact relationship 'C' is supported"],
    ['the fax number of a contact', [added('/contact/-', reachable({ system: 'fax', value: '01632960001' }))], 400, 'INVALID_UPDATE', undefined],
    ['the use of a telephone of a contact', [added('/contact/-', reachable({ use: 'home', value: '01632960001' }))], 400, 'INVALID_UPDATE', undefined],
    ['a bad e-mail address of a contact', [added('/contact/-', reachable({ system: 'email', value: 'somewhere' }))], 400, 'INVALID_UPDATE', 'Invalid update with error - email format is invalid'],
    ['an unknown country of birth', [added('/extension/-', born('XXX'))], 400, 'INVALID_VALUE', invalid('XXX', 'extension/3/valueAddress/country')],
    ['another use of a telephone', [replaced('/telecom/0', { id: '1', system: 'phone', use: 'home', value: '07700900001' })], 400, 'INVALID_UPDATE', undefined],
    ['a removed id', [home, removed('/address/0/id')], 400, 'INVALID_UPDATE', "Invalid update with error - Invalid patch - '/address/0/id' cannot be removed"],
    ['a pharmacy without its organisation', [tested('/extension/1/url', extensionUrls.nominatedPharmacy), removed('/extension/1/valueReference')], 400, 'MISSING_VALUE', "Missing value - 'extension/1/valueReference'"],
    ['a pharmacy with a text', [tested('/extension/1/url', extensionUrls.nominatedPharmacy), added('/extension/1/valueString', 'x')], 400, 'INVALID_UPDATE', "Invalid update with error - Update unsupported for resource - 'valueString'"],
    ['a language without its code', [talk, removed('/extension/0/extension/0/valueCodeableConcept')], 400, 'MISSING_VALUE', "Missing value - 'extension/0/extension/0/valueCodeableConcept'"],
    ['an unknown part of an extension', [preference, replaced('/extension/2/extension/2/url', 'dialect')], 400, 'INVALID_VALUE', invalid('dialect', 'extension/2/extension/2/url')],
    ['a part of an extension twice', [talk, added('/extension/0/extension/-', { url: 'interpreterRequired', valueBoolean: true })], 400, 'TOO_MANY_VALUES_SUBMITTED', undefined],
    ['an unknown method of contact', [preference, replaced('/extension/2/extension/1/valueCodeableConcept/coding/0/code', '9')], 400, 'INVALID_VALUE', invalid('9', 'extension/2/extension/1/valueCodeableConcept/coding/0/code')],
    ['a death whose notification lost its status', [added('/extension/-', death('1')), tested('/extension/3/url', extensionUrls.deathNotification), removed('/extension/3/extension/0')], 400, 'INVALID_UPDATE', 'Invalid update with error - deceasedDateTime and death notification status must be given together'],
    ['an unknown extension of an address', [home, added('/address/0/line', ['1 Way', 'Leeds']), added('/address/0/extension/-', { url: 'x', extension: [] })], 400, 'INVALID_VALUE', invalid('x', 'address/0/extension/0/url')],
    ['a key of the address file with nine digits', [home, replaced('/address/0/line', ['1 Way', 'Leeds']), added('/address/0/extension', [addressKey('PAF', '123456789')])], 400, 'INVALID_VALUE', invalid('123456789', 'address/0/extension/0/extension/1/valueString')],
    ['another contact system than a textphone', [added('/telecom/-', { system: 'other', use: 'home', value: '01632960001', extension: [{ ...textphone, valueCoding: { ...textphone.valueCoding, code: 'pager' } }] })], 400, 'INVALID_VALUE', invalid('pager', 'telecom/1/extension/0/valueCoding/code')],
    ['another system of a telephone', [tested('/telecom/0/id', '1'), replaced('/telecom/0/system', 'fax')], 400, 'INVALID_UPDATE', undefined],
  ];
  for (const [name, patches, status, code, diagnostics] of refused)
    test(`returns ${status} ${code} for ${name}`, async () => {
      const answer = await send(patches);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      assert.deepEqual(
        [answer.status, issue.details?.coding[0].code, issue.diagnostics],
        [status, code, diagnostics ?? issue.diagnostics],
      );
      assert.deepEqual(await read(), { ...example.patient, address: (await read()).address }, 'unchanged');
    });
});

describe('an update by a citizen', () => {
  const tel = tested('/telecom/0/id', '1');
  const contact = tested('/contact/0/id', 'C1');
  // biome-ignore format: a table reads best one row a line
  const cases: [string, object[], boolean][] = [
    ['changes part of an address', [home, replaced('/address/0/line', ['1 Way', 'Leeds'])], true],
    ['changes part of an emergency contact', [contact, replaced('/contact/0/telecom/0/value', '07700900009')], true],
    ['replaces the whole communication', [replaced('/extension/0', spoken('pl'))], true],
    ['replaces a whole pharmacy', [replaced('/extension/1', pharmacy('nominatedPharmacy', 'FA123'))], true],
    ['adds a place of birth', [added('/extension/-', born('GBR'))], true],
    ['removes the mobile telephone', [tel, removed('/telecom/0')], true],
    ['changes no part of a telephone', [tel, replaced('/telecom/0/value', '07700900009')], false],
    ['changes no part of the communication', [replaced('/extension/0/extension/1', { url: 'interpreterRequired', valueBoolean: false })], false],
    ['changes no contact preference', [preference, removed('/extension/2')], false],
    ['removes no other entry that took the index of a removed one', [tested('/extension/1/url', extensionUrls.nominatedPharmacy), removed('/extension/1'), tested('/extension/1/url', extensionUrls.contactPreference), removed('/extension/1')], false],
    ['replaces the mobile telephone by removal and addition', [tel, removed('/telecom/0'), added('/telecom/-', { system: 'phone', use: 'mobile', value: '07700900400' })], true],
    ['adds no home telephone', [added('/telecom/-', { system: 'phone', use: 'home', value: '07700900400' })], false],
    ['changes no name', [usual, replaced('/name/0/family', 'X')], false],
    ['changes no birth date', [replaced('/birthDate', '1961-04-20')], false],
    ['changes no gender', [replaced('/gender', 'male')], false],
  ];
  for (const [name, patches, isAllowed] of cases)
    test(name, async () => {
      const as = await gateway.issue({
        scope: scopes.patient,
        attributes: { auth_provider: 'nhs-login', auth_user_id: id },
      });
      const answer = await send(patches, as);
      const body = (await answer.json()) as OutcomeBody;
      assert.equal(answer.status, isAllowed ? 200 : 400, JSON.stringify(body));
      if (!isAllowed) assert.equal(body.issue[0].diagnostics, `Invalid update with error - ${noRight}`);
    });
});
