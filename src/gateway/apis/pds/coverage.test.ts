import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, scopes, startGateway } from '../../testing/gateway.ts';
import { reset } from './seed.ts';
import { outcome } from './testing/update.ts';

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  await reset(gateway.database);
  // A new window of the limits.
  gateway.clock.advance(1);
});
after(() => gateway.stop());

const citizen = (id: string, attributes: Record<string, string> = {}) =>
  gateway.issue({
    scope: scopes.patient,
    attributes: { auth_provider: 'nhs-login', auth_user_id: id, ...attributes },
  });

interface Bundle {
  total: number;
  meta: { versionId: string };
  entry?: { fullUrl: string; resource: Record<string, unknown> }[];
}
const search = async (of: string, as = of, form = 'subscriber%3Aidentifier=') =>
  gateway.call(`${pdsBase}/Coverage?${form}${of}`, { token: await citizen(as) });
const find = async (of: string, as = of) => (await (await search(of, as)).json()) as Bundle;

const card = (number: string) => ({
  resourceType: 'Coverage',
  status: 'active',
  subscriber: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: number } },
  identifier: [
    {
      value: 'IT12345678901212',
      assigner: { identifier: { system: 'urn:iso:std:iso:3166', value: 'ITA' }, display: 'Atlantis' },
    },
  ],
  beneficiary: { identifier: { value: '178705 AB/C' } },
  payor: [{ identifier: { value: 'IT98735' } }],
  period: { end: '2030-12-31' },
});
const jane = '9000000009';

const post = async (
  body: unknown,
  {
    as = jane,
    version = 'W/"2"',
    type = 'application/json',
  }: { as?: string; version?: string | null; type?: string } = {},
) =>
  gateway.call(`${pdsBase}/Coverage`, {
    method: 'POST',
    token: await citizen(as),
    headers: { 'content-type': type, ...(version !== null && { 'if-match': version }) },
    body: JSON.stringify(body),
  });

describe('a health insurance card', () => {
  test('is shown to its holder, with the version of the patient', async () => {
    for (const form of ['subscriber%3Aidentifier=', 'subscriber:identifier=']) {
      const answer = await search(jane, jane, form);
      assert.deepEqual([answer.status, answer.headers.get('etag')], [200, 'W/"2"']);
      const { total, meta, entry } = (await answer.json()) as Bundle;
      assert.deepEqual([total, meta.versionId], [1, '2']);
      assert.equal(
        entry?.[0]?.fullUrl,
        `https://api.service.nhs.uk/personal-demographics/FHIR/R4/Coverage?subscriber:identifier=${jane}`,
      );
      assert.deepEqual(entry?.[0]?.resource.payor, [{ identifier: { value: 'ES11223' } }]);
      assert.deepEqual(entry?.[0]?.resource.identifier, [
        {
          value: 'ES456789012345',
          assigner: { identifier: { system: 'urn:iso:std:iso:3166', value: 'FRA' }, display: 'France' },
        },
      ]);
    }
  });

  test('is not shown if it does not exist, lacks a part or is hidden', async () => {
    for (const number of ['9733162876', '9000000033', '9733162884', '9733162906']) {
      const bundle = await find(number);
      assert.deepEqual([bundle.total, 'entry' in bundle], [0, false], number);
    }
    assert.equal((await find('9733162868')).meta.versionId, '455');
  });

  test('is the one of the retained record for a superseded number', async () => {
    assert.equal((await find('5900053636')).meta.versionId, '9');
  });

  test('is replaced with the next version, which keeps all other data', async () => {
    const answer = await post(card(jane));
    assert.deepEqual(
      [answer.status, answer.headers.get('etag')],
      [201, 'W/"3"'],
      await answer.clone().text(),
    );
    const bundle = (await answer.json()) as Bundle;
    const { resource } = bundle.entry?.[0] ?? {};
    assert.ok(resource);
    assert.deepEqual((resource.identifier as [{ assigner: object }])[0].assigner, {
      identifier: { system: 'urn:iso:std:iso:3166', value: 'ITA' },
      display: 'Italy',
    });
    assert.deepEqual(await find(jane), bundle);
    const patient = await gateway.call(`${pdsBase}/Patient/${jane}`, { token: await gateway.issue() });
    const { meta, name } = (await patient.json()) as {
      meta: { versionId: string };
      name: { family: string }[];
    };
    assert.deepEqual([meta.versionId, name[0]?.family], ['3', 'Smith']);
    const type = 'application/json-patch+json';
    assert.equal((await post(card(jane), { version: 'W/"3"', type })).status, 201);
  });

  // biome-ignore format: a table reads best one row a line
  const searches: [string, string, string, number, string][] = [
    ['no parameter', '', jane, 400, 'INVALID_SEARCH_DATA'],
    ['nine digits', '?subscriber:identifier=900000000', jane, 400, 'INVALID_SEARCH_DATA'],
    ['one parameter too many', `?subscriber:identifier=${jane}&x=1`, jane, 400, 'INVALID_SEARCH_DATA'],
    ["another's number", '?subscriber:identifier=9000000017', jane, 403, 'ACCESS_DENIED'],
    ['a number with a wrong check digit', '?subscriber:identifier=9000000000', jane, 403, 'ACCESS_DENIED'],
    ['an own number without record', '?subscriber:identifier=9111231130', '9111231130', 404, 'RESOURCE_NOT_FOUND'],
  ];
  for (const [about, query, as, status, code] of searches)
    test(`is refused with ${status} ${code} for ${about}`, async () => {
      const answer = await gateway.call(`${pdsBase}/Coverage${query}`, { token: await citizen(as) });
      assert.deepEqual((await outcome(answer)).slice(0, 2), [status, code]);
    });

  test('is refused to every other caller, and after a weak sign-in before the search is parsed', async () => {
    const weak = await citizen(jane, { 'id_token-vot': 'P9.Cp' });
    const answer = await gateway.call(`${pdsBase}/Coverage`, { token: weak });
    assert.deepEqual((await outcome(answer)).slice(0, 2), [403, 'ACCESS_DENIED']);
    for (const scope of [scopes.user, scopes.application, scopes.privileged]) {
      const other = await gateway.call(`${pdsBase}/Coverage`, { token: await gateway.issue({ scope }) });
      assert.deepEqual((await outcome(other)).slice(0, 2), [403, 'ACCESS_DENIED']);
    }
  });

  const missing = (field: string) => `Missing value - '${field}'`;
  const invalid = (value: string, field: string) => `Invalid value - '${value}' in field '${field}'`;
  const without = (member: string) => ({ ...card(jane), [member]: undefined });
  const payors = [{ identifier: { value: 'DE98765' } }, { identifier: { value: 'FR98765' } }];
  const merged =
    'Forbidden update with error - Update Failed - NHS No. supplied has been superseded in a merge';
  // biome-ignore format: a table reads best one row a line
  const cases: [string, unknown, object, number, string, string | undefined][] = [
    ['no If-Match', card(jane), { version: null }, 412, 'PRECONDITION_FAILED', undefined],
    ['an old version', card(jane), { version: 'W/"1"' }, 409, 'RESOURCE_VERSION_MISMATCH', undefined],
    ['no card number', { ...card(jane), identifier: [{ assigner: card(jane).identifier[0]?.assigner }] }, {}, 400, 'MISSING_VALUE', missing('identifier/0/value')],
    ['no beneficiary', { ...card(jane), beneficiary: { identifier: {} } }, {}, 400, 'MISSING_VALUE', missing('beneficiary/identifier/value')],
    ['no subscriber', { ...card(jane), subscriber: { identifier: {} } }, {}, 400, 'MISSING_VALUE', missing('subscriber/identifier/value')],
    ['no period', without('period'), {}, 400, 'MISSING_VALUE', missing('period')],
    ['no status', without('status'), {}, 400, 'MISSING_VALUE', missing('status')],
    ['another status', { ...card(jane), status: 'Expired' }, {}, 400, 'INVALID_VALUE', invalid('Expired', 'status')],
    ['an empty institution', { ...card(jane), payor: [{ identifier: { value: '' } }] }, {}, 400, 'INVALID_VALUE', invalid('', 'payor/0/identifier/value')],
    ['an end 160 years ago', { ...card(jane), period: { end: '1860-12-15' } }, {}, 400, 'INVALID_VALUE', invalid('1860-12-15', 'period/end')],
    ['a day that does not exist', { ...card(jane), period: { end: '2026-02-30' } }, {}, 400, 'INVALID_VALUE', invalid('2026-02-30', 'period/end')],
    ['two payors', { ...card(jane), payor: payors }, {}, 400, 'TOO_MANY_VALUES_SUBMITTED', "Too many values submitted - [{'identifier': {'value': 'DE98765'}}, {'identifier': {'value': 'FR98765'}}] in field 'payor'"],
    ["another's number", card('9000000017'), {}, 403, 'ACCESS_DENIED', undefined],
    ['the retained number, signed in with the superseded', card('9732019395'), { as: '5900053636', version: 'W/"9"' }, 403, 'ACCESS_DENIED', undefined],
    ['an own superseded number', card('5900053636'), { as: '5900053636', version: 'W/"9"' }, 403, 'FORBIDDEN_UPDATE', merged],
    ['an own number without record', card('9111231130'), { as: '9111231130' }, 404, 'RESOURCE_NOT_FOUND', undefined],
    ['another media type', card(jane), { type: 'application/fhir+json' }, 400, 'UNSUPPORTED_SERVICE', undefined],
    ['a control character', { ...card(jane), note: '\u0000' }, {}, 400, 'INVALID_VALUE', undefined],
  ];
  for (const [about, body, sent, status, code, diagnostics] of cases)
    test(`is not replaced, with ${status} ${code}, for ${about}`, async () => {
      const found = await outcome(await post(body, sent));
      assert.deepEqual(found, [status, code, diagnostics ?? found[2]]);
      assert.equal((await find(jane)).meta.versionId, '2');
    });
});
