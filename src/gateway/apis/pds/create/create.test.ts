import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, scopes, startGateway } from '../../../testing/gateway.ts';
import { makeBackEnd } from '../back-end.ts';
import type { Patient } from '../patient.ts';
import { addressKey, communication, contactPreference } from '../seed/build.ts';
import { reset } from '../seed.ts';
import { patientShape } from '../shape.ts';
import { outcome } from '../testing/update.ts';

let gateway: RunningGateway;
let token: string;
before(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
});
beforeEach(async () => {
  await reset(gateway.database);
  // A new window of the limits.
  gateway.clock.advance(1);
});
after(() => gateway.stop());

const authority = {
  url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-RegisteringAuthority',
  extension: [
    {
      url: 'registeringAuthorityType',
      valueCodeableConcept: {
        coding: [{ system: 'https://fhir.nhs.uk/CodeSystem/UKCore-RegisteringAuthorityType', code: 'x' }],
      },
    },
    { url: 'organisationIdentifier', valueString: 'RGS' },
  ],
};
const name = {
  use: 'usual',
  given: ['Robin'],
  family: 'Newby',
  prefix: ['Mx.'],
  period: { start: '2024-01-01' },
};
const home = {
  id: '456',
  period: { start: '2024-01-01' },
  use: 'home',
  line: ['1 Trevelyan Square', 'Boar Lane', '', 'Leeds', ''],
  postalCode: 'LS1 6AE',
  extension: [addressKey('UPRN', '123456789012')],
};
const robin = {
  name: [name],
  gender: 'female',
  birthDate: '1990-10-22',
  address: [home],
  extension: [authority],
};

const post = (
  body: unknown,
  { as = token, headers = {} }: { as?: string; headers?: Record<string, string> } = {},
) => {
  // Stays below the limit of three a second.
  gateway.clock.advance(1);
  return gateway.call(`${pdsBase}/Patient`, {
    method: 'POST',
    token: as,
    headers: { 'content-type': 'application/json', 'x-request-id': randomUUID(), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
};
/** Sends a request to the back end, behind the limit of the gateway. */
const behindGateway = async (body: unknown, requestId = randomUUID()) => {
  const answer = await makeBackEnd(
    gateway.database,
    gateway.clock,
  )({
    method: 'POST',
    path: '/Patient',
    query: '',
    headers: new Map([
      ['content-type', 'application/json'],
      ['nhsd-request-id', requestId],
    ]),
    body: JSON.stringify(body),
    messageId: '',
  });
  return new Response(String(answer.body), { status: answer.status });
};

describe('a new patient', () => {
  test('gets the first number of the published example, then the next, and the first again after a reset', async () => {
    const answer = await post(robin);
    assert.equal(answer.status, 201, await answer.clone().text());
    const patient = (await answer.json()) as Patient;
    assert.deepEqual([patient.id, answer.headers.get('etag')], ['5182663366', 'W/"1"']);
    const next = (await (await post({ ...robin, birthDate: '1990-10-23' })).json()) as Patient;
    assert.equal(next.id, '5182663374');
    await reset(gateway.database);
    assert.equal(((await (await post(robin)).json()) as Patient).id, '5182663366');
  });

  test('has the published shape in its first version, and is read and found', async () => {
    const kept = [
      communication('fr', 'French', true),
      contactPreference({ code: '12' }, { code: '1' }, 'noon'),
    ];
    const ignored = {
      url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-BirthSex',
      valueCode: 'F',
    };
    const phone = { system: 'phone', use: 'mobile', value: '07700900123' };
    const answer = await post({ ...robin, telecom: [phone], extension: [ignored, ...kept, authority] });
    const patient = (await answer.json()) as Patient;
    assert.equal(patientShape.safeParse(patient).error, undefined);
    assert.deepEqual(
      [
        patient.meta.versionId,
        patient.meta.security[0].code,
        patient.name?.[0]?.prefix,
        patient.address?.[0]?.line,
      ],
      ['1', 'U', ['Mx'], ['1 Trevelyan Square', 'Boar Lane', 'Leeds']],
    );
    assert.notEqual(patient.address?.[0]?.id, '456', 'ids are ours');
    assert.deepEqual(patient.extension, kept);
    const read = await gateway.call(`${pdsBase}/Patient/${patient.id}`, { token });
    assert.deepEqual(await read.json(), patient);
    const found = await gateway.call(`${pdsBase}/Patient?family=Newby&birthdate=1990-10-22`, { token });
    assert.equal(((await found.json()) as { total: number }).total, 1);
  });

  test('drops blank titles and suffixes', async () => {
    const answer = await post({ ...robin, name: [{ ...name, prefix: [''], suffix: [''] }] });
    const [made] = ((await answer.json()) as Patient).name ?? [];
    assert.deepEqual([made?.prefix, made?.suffix], [undefined, undefined]);
  });

  test('is created once for two equal requests at once, and the other finds it', async () => {
    const answers = await Promise.all([behindGateway(robin), behindGateway(robin)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 201]);
    const other = answers.find(({ status }) => status === 200);
    assert.ok(other);
    assert.deepEqual(await outcome(other), [
      200,
      'SINGLE_MATCH',
      'Unable to create new patient. NHS number 5182663366 found for supplied demographic data.',
    ]);
  });

  test('is created once for a repeated X-Request-ID, with one response', async () => {
    const id = randomUUID();
    const answers = await Promise.all([behindGateway(robin, id), behindGateway(robin, id)]);
    answers.push(await behindGateway(robin, id));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201],
    );
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    for (const other of others) assert.equal(other, first);
  });

  /** Sends the creation of Robin, or of another day of birth, without moving the clock. */
  const send = (id: string, birthDate = robin.birthDate, as = token) =>
    gateway.call(`${pdsBase}/Patient`, {
      method: 'POST',
      token: as,
      headers: { 'content-type': 'application/json', 'x-request-id': id, 'x-correlation-id': 'mine' },
      body: JSON.stringify({ ...robin, birthDate }),
    });
  const statusesOf = (answers: readonly Response[]) => answers.map(({ status }) => status);

  test('is limited to three a second, without mirrored ids', async () => {
    const days = ['1990-10-22', '1990-10-23', '1990-10-24'];
    assert.deepEqual(
      statusesOf(await Promise.all(days.map((day) => send(randomUUID(), day)))),
      [201, 201, 201],
    );
    const answer = await send(randomUUID(), '1990-10-25');
    assert.deepEqual(
      [answer.status, answer.headers.get('x-request-id'), answer.headers.get('x-correlation-id')],
      [429, null, null],
    );
  });

  test('has one response for a repeated X-Request-ID also beyond the limit, at once and later', async () => {
    const id = randomUUID();
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(id)));
    answers.push(await send(id));
    assert.deepEqual(statusesOf(answers), Array(7).fill(201));
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    for (const other of others) assert.equal(other, first);
  });

  test('is refused beyond the limit if another user or another body has the X-Request-ID', async () => {
    const id = randomUUID();
    await Promise.all([send(id), send(id), send(id)]);
    const others = await gateway.issue({
      uid: '555032000100',
      attributes: { 'id_token-subject': '555032000100', 'alongside.role_ids': '555254242103' },
    });
    const weak = await gateway.issue({ scope: scopes.application });
    assert.deepEqual(
      statusesOf([await send(id, robin.birthDate, others), await send(id, '1990-10-23')]),
      [429, 429],
    );
    assert.equal((await send(id, robin.birthDate, weak)).status, 429, 'before the mode is checked');
  });

  const single = (number: string) =>
    `Unable to create new patient. NHS number ${number} found for supplied demographic data.`;
  const several = 'Unable to create new patient. Multiple matches found for supplied demographic data.';
  const like = (family: string, gender: string, birthDate: string, postalCode: string) => ({
    ...robin,
    name: [{ ...name, family }],
    gender,
    birthDate,
    // As in the published test: the match precedes the rules for lines.
    address: [{ use: 'home', period: { start: '2024-05-09' }, line: ['1 Street'], postalCode }],
  });
  const missing = (field: string) => `Missing value - '${field}'`;
  const invalid = (value: string, field: string) => `Invalid value - '${value}' in field '${field}'`;
  const bad = (reason: string) => `Invalid patient create data provided - '${reason}'`;
  const { name: _name, ...nameless } = robin;
  const keyless = { url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AddressKey' };
  // biome-ignore format: a table reads best one row a line
  const cases: [string, unknown, number, string, string | undefined][] = [
    ['the record of one match', like('McMatch-Single', 'female', '1982-07-10', 'BAP 4WG'), 200, 'SINGLE_MATCH', single('9000000041')],
    ['the record of the other single match', like('mcmatch-single', 'male', '1954-10-26', 'bap4wg'), 200, 'SINGLE_MATCH', single('5900054586')],
    ['several matches', like('McMatch-Multiple', 'male', '1997-08-20', 'DN19 7UD'), 200, 'MULTIPLE_MATCHES', several],
    ['no name, before a wrong member', { bananas: 'in pyjamas' }, 400, 'MISSING_VALUE', missing('name')],
    ['no address, before the type of the name', { name: { family: 'Smith' } }, 400, 'MISSING_VALUE', missing('address')],
    ['no gender, before the period of the address', { name: { family: 'Smith' }, address: [{ line: ['1'] }] }, 400, 'MISSING_VALUE', missing('gender')],
    ['no birth date', { name: { family: 'Smith' }, address: [{ line: ['1'] }], gender: 'male' }, 400, 'MISSING_VALUE', missing('birthDate')],
    ['no period of an address, before values', { ...robin, gender: 'x', address: [{ line: ['1'] }] }, 400, 'MISSING_VALUE', missing('address/0/period')],
    ['no parts of an address key', { ...robin, address: [{ ...home, extension: [keyless] }] }, 400, 'MISSING_VALUE', missing('address/0/extension/0/extension')],
    ['no extension', { ...robin, extension: undefined }, 400, 'MISSING_VALUE', missing('extension')],
    ['no registering authority', { ...robin, extension: [communication('fr', 'French', true)] }, 400, 'MISSING_VALUE', undefined],
    ['an unknown authority', { ...robin, extension: [JSON.parse(JSON.stringify(authority).replace('"x"', '"z"'))] }, 400, 'INVALID_VALUE', invalid('z', 'extension/0/extension/0/valueCodeableConcept/coding/0/code')],
    ['a long organisation', { ...robin, extension: [JSON.parse(JSON.stringify(authority).replace('RGS', 'R'.repeat(16)))] }, 400, 'INVALID_VALUE', undefined],
    ['a name that is no list', { ...robin, name: [{ ...name, given: 'not an array' }] }, 400, 'INVALID_VALUE', invalid('not an array', 'name/0/given')],
    ['the gender other', { ...robin, gender: 'other' }, 400, 'INVALID_VALUE', invalid('other', 'gender')],
    ['a date that is none', { ...robin, birthDate: 'not-a-date' }, 400, 'INVALID_VALUE', invalid('not-a-date', 'birthDate')],
    ['a character that names have not', { ...robin, name: [{ ...name, given: ['O`Brien'] }] }, 400, 'INVALID_VALUE', invalid('O`Brien', 'name/0/given')],
    ['an address that is a list', { ...robin, address: [['another', 'array']] }, 400, 'INVALID_VALUE', invalid("['another', 'array']", 'address/0')],
    ['six given names', { ...robin, name: [{ ...name, given: ['One', 'Two', 'Three', 'Four', 'Five', 'six'] }] }, 400, 'TOO_MANY_VALUES_SUBMITTED', "Too many values submitted - ['One', 'Two', 'Three', 'Four', 'Five', 'six'] in field 'name/0/given'"],
    ['two names', { ...robin, name: [name, name] }, 400, 'TOO_MANY_VALUES_SUBMITTED', undefined],
    ['another member', { ...robin, pets: [] }, 400, 'ADDITIONAL_PROPERTIES', "Invalid request with error - Additional properties are not allowed ('pets' was unexpected)"],
    ['missing lines', { ...robin, address: [{ ...home, line: ['1 Street'] }] }, 400, 'INVALID_CREATE', bad('address lines 1 and 4 or 2 and 4 must be completed as a minimum')],
    ['an e-mail address that is none', { ...robin, telecom: [{ system: 'email', use: 'home', value: 'somewhere' }] }, 400, 'INVALID_CREATE', bad('email format is invalid')],
    ['an end of the usual name', { ...robin, name: [{ ...name, period: { start: '2020-01-01', end: '2021-01-01' } }] }, 400, 'INVALID_CREATE', bad('An end date can not be provided on usual name')],
    ['two telephones of one use', { ...robin, telecom: ['1', '2'].map((value) => ({ system: 'phone', use: 'home', value })) }, 400, 'INVALID_CREATE', undefined],
    ['a date of birth to come', { ...robin, birthDate: '2026-07-02' }, 400, 'INVALID_CREATE', undefined],
    ['a text of 60 KB', { ...robin, name: [{ ...name, family: 'x'.repeat(60_000) }] }, 400, 'INVALID_VALUE', undefined],
    ['a control character', { ...robin, telecom: [{ system: 'phone', use: 'home', value: '0\u00001' }] }, 400, 'INVALID_VALUE', undefined],
    ['a list instead of an object', [robin], 400, 'UNSUPPORTED_SERVICE', undefined],
    ['no JSON', '{', 400, 'UNSUPPORTED_SERVICE', undefined],
    ['nothing', nameless, 400, 'MISSING_VALUE', missing('name')],
  ];
  for (const [about, body, status, code, diagnostics] of cases)
    test(`returns ${status} ${code} for ${about}`, async () => {
      const found = await outcome(await post(body));
      assert.deepEqual(found, [status, code, diagnostics ?? found[2]]);
    });

  test('needs the media type application/json', async () => {
    for (const type of ['', 'application/fhir+json', 'application/json-patch+json', 'text/plain'])
      assert.deepEqual(
        (await outcome(await post(robin, { headers: { 'content-type': type } }))).slice(0, 2),
        [400, 'UNSUPPORTED_SERVICE'],
      );
  });

  test('is created by healthcare workers and by applications that may update, and by no others', async () => {
    const update = { 'apim-app-flow-vars': '{"pds":{"app-restricted":{"update":true}}}' };
    await gateway.addApplication('updating', update, ['pds']);
    const application = { uid: null, scope: scopes.application };
    const updating = await gateway.issue({ ...application, applicationId: 'updating' });
    assert.equal((await post(robin, { as: updating })).status, 201);
    for (const scope of [scopes.application, scopes.privileged, scopes.patient]) {
      const as = await gateway.issue({ scope, attributes: { auth_user_id: '9900000285' } });
      assert.deepEqual((await outcome(await post(robin, { as }))).slice(0, 2), [403, 'INVALID_METHOD']);
    }
  });
});
