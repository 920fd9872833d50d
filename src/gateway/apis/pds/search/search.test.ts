import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  scopes,
  startGateway,
} from '../../../testing/gateway.ts';
import type { Patient } from '../patient.ts';
import { readCriteria } from './criteria.ts';

let gateway: RunningGateway;
let token: string;
before(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
});
after(() => gateway.stop());

interface Bundle {
  resourceType: string;
  type: string;
  timestamp: string;
  total: number;
  entry?: { fullUrl: string; search: { score: number }; resource: Patient }[];
}

const ask = (query: string, as = token) =>
  gateway.call(`${pdsBase}/Patient${query && `?${query}`}`, { token: as });

const find = async (query: string, as = token): Promise<Bundle> => {
  const answer = await ask(query, as);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/fhir+json');
  return (await answer.json()) as Bundle;
};

const minimum =
  "Invalid search data provided - 'No searches were performed as the search criteria did not meet the minimum requirements'";
const fuzzyMinimum =
  "Invalid search data provided - 'A fuzzy search was requested however the data given did not meet the fuzzy search criteria'";
const noBirthDate = "Missing value - 'birth_date/birth_date_range_start/birth_date_range_end'";
const strange = (names: string) =>
  `Invalid request with error - Additional properties are not allowed (${names} unexpected)`;

describe('a refused search', () => {
  // biome-ignore format: a table reads best one row a line
  const refusals: [string, string, string | undefined][] = [
    ['', 'UNSUPPORTED_SERVICE', undefined],
    ['manufacturer=Ford&model=focus&year=2003', 'ADDITIONAL_PROPERTIES', strange("'manufacturer', 'model', 'year' were")],
    ['family=Smith&birthdate=eq2010-10-22&year=2003', 'ADDITIONAL_PROPERTIES', strange("'year' was")],
    ['family=Smith&year=1&birthdate=bad', 'ADDITIONAL_PROPERTIES', strange("'year' was")],
    ['family=Smith&family=Jones&birthdate=2010-10-22', 'TOO_MANY_VALUES_SUBMITTED', "Too many values submitted - ['Smith', 'Jones'] in field 'family'"],
    ['family=Smith&birthdate=2010-10-22&_max-results=1&_max-results=50', 'TOO_MANY_VALUES_SUBMITTED', "Too many values submitted - ['1', '50'] in field '_max-results'"],
    ['email=j.smith@example.com&phone=0163', 'MISSING_VALUE', noBirthDate],
    ['gender=female', 'MISSING_VALUE', noBirthDate],
    ['family=Smith', 'MISSING_VALUE', noBirthDate],
    ['family=Smith&birthdate=20101022', 'INVALID_VALUE', "Invalid value - '20101022' in field 'birthdate'"],
    ['family=Smith&birthdate=2010-02-30', 'INVALID_VALUE', "Invalid value - '2010-02-30' in field 'birthdate'"],
    ['family=Smith&birthdate=lt2010-02-20', 'INVALID_VALUE', "Invalid value - 'lt2010-02-20' in field 'birthdate'"],
    ['family=Smith&death-date=20101022', 'INVALID_VALUE', "Invalid value - '20101022' in field 'death-date'"],
    ['birthdate=eq2010-10-22', 'INVALID_SEARCH_DATA', minimum],
    ['given=Jane&birthdate=eq2010-10-22', 'INVALID_SEARCH_DATA', minimum],
    ['family=S*&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', minimum],
    ['family=%2A&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', minimum],
    ['family=Smith&birthdate=2010-10-22&address-postalcode=L*', 'INVALID_SEARCH_DATA', minimum],
    ['_fuzzy-match=true&family=Smith&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', fuzzyMinimum],
    ['_fuzzy-match=true&family=Smith&gender=female&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', fuzzyMinimum],
    ['_fuzzy-match=true&given=Jane&gender=female&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', fuzzyMinimum],
    ['_fuzzy-match=true&family=Sm*&given=Jane&birthdate=2010-10-22', 'INVALID_SEARCH_DATA', fuzzyMinimum],
    ['family=Smith&birthdate=2010-10-22&gender=Female', 'INVALID_VALUE', "Invalid value - 'Female' in field 'gender'"],
    ['family=Smith&birthdate=2010-10-22&_max-results=51', 'INVALID_VALUE', "Invalid value - '51' in field '_max-results'"],
    ['family=Smith&birthdate=2010-10-22&_max-results=0', 'INVALID_VALUE', "Invalid value - '0' in field '_max-results'"],
    ['family=Smith&birthdate=2010-10-22&_history=yes', 'INVALID_VALUE', "Invalid value - 'yes' in field '_history'"],
    [`family=${'x'.repeat(36)}&birthdate=2010-10-22`, 'INVALID_VALUE', undefined],
    ['family=Smith&birthdate=2010-10-22&address-postcode=LS1&address-postalcode=LS1', 'INVALID_SEARCH_DATA', undefined],
    ['birthdate=20101022&=', 'INVALID_VALUE', "Invalid value - '20101022' in field 'birthdate'"],
    ['=', 'UNSUPPORTED_SERVICE', undefined],
    ['=x&family=Smith&birthdate=2010-10-22', 'ADDITIONAL_PROPERTIES', undefined],
    ['family=Sm%01ith&birthdate=2010-10-22', 'INVALID_VALUE', undefined],
    ['family=Sm%00ith&birthdate=2010-10-22', 'UNSUPPORTED_SERVICE', undefined],
    ['family=%ff&birthdate=2010-10-22', 'UNSUPPORTED_SERVICE', undefined],
  ];
  for (const [query, code, diagnostics] of refusals)
    test(`returns 400 ${code}: ${query || '(nothing)'}`, async () => {
      const answer = await ask(query);
      assert.equal(answer.status, 400);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      assert.equal(issue.details.coding[0].code, code);
      if (diagnostics) assert.equal(issue.diagnostics, diagnostics);
    });

  test('readCriteria returns criteria or a refusal of the catalogue for any query', () => {
    const name = fc.constantFrom(
      'family',
      'given',
      'birthdate',
      'gender',
      '_fuzzy-match',
      '_max-results',
      'phone',
      'x',
    );
    const query = fc.array(
      fc.tuple(name, fc.oneof(fc.string(), fc.constantFrom('2010-10-22', 'true', 'Sm*'))),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(query, (pairs) => {
        try {
          const criteria = readCriteria(
            pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&'),
          );
          assert.ok(criteria.birthDate.length > 0 && criteria.maxResults >= 1 && criteria.maxResults <= 50);
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal && thrown.entry.id.startsWith('pds.'), String(thrown));
        }
      }),
    );
  });
});

describe('a search', () => {
  const jane = '9000000009';
  const smith = 'family=Smith&gender=female&birthdate=2010-10-22';
  const hume = 'birthdate=1999-09-08';
  const youds = ['9693633679', '9693633687', '9693633695', '9693633709'];
  // biome-ignore format: a table reads best one row a line
  const cases: [string, string, string[]][] = [
    ['family name and birth date', smith, [jane]],
    ['case does not count', 'family=SMITH&birthdate=eq2010-10-22&gender=female', [jane]],
    ['a range of birth dates', 'family=Smith&gender=female&birthdate=ge2010-10-21&birthdate=le2010-10-23', [jane]],
    ['a range that leaves it out', 'family=Smith&birthdate=ge2010-10-23', []],
    ['another gender', 'family=Smith&gender=unknown&birthdate=2010-10-22', []],
    ['both of one name and birth date', 'family=Smith&birthdate=2010-10-22', [jane, '9000000084']],
    ['the published compound name', 'family=Smith&given=John+Paul&given=James&birthdate=eq2010-10-22', ['9000000084']],
    ['the published restricted patient', 'family=Smythe&birthdate=2005-06-16', ['9000000025']],
    ['a given name', `${smith}&given=jane`, [jane]],
    ['two given names', `${smith}&given=Marie&given=Jane`, [jane]],
    ['a given name that is not hers', `${smith}&given=Jane&given=Ruth`, []],
    ['a wildcard in the family name', 'family=Sm*&birthdate=2010-10-22', [jane, '9000000017', '9000000084']],
    ['a wildcard in the first given name', `${smith}&given=Ja*`, [jane]],
    ['a wildcard in another given name', `${smith}&given=Ma*`, []],
    ['a compound given name', 'family=O%27Hare-Smith&given=John+Paul&given=James&birthdate=1999-06-15', ['9733162043']],
    ['a postcode, spaces aside', `${smith}&address-postalcode=ls16ae`, [jane]],
    ['a postcode by its older name', `${smith}&address-postcode=LS1+6AE`, [jane]],
    ['a postcode with a wildcard', `${smith}&address-postalcode=LS1*`, [jane]],
    ['the postcode of a temporary address', 'family=Wick*&birthdate=1987-03-14&address-postalcode=TR18+5EG', ['9736363082']],
    ['the postcode of a hidden address, with history', 'family=Wick*&birthdate=1987-03-14&address-postalcode=HU17+8AA&_history=true', []],
    ['another postcode', `${smith}&address-postalcode=LS2+6AE`, []],
    ['a practice', `${smith}&general-practitioner=Y12345`, [jane]],
    ['another practice', `${smith}&general-practitioner=A20047`, []],
    ['an e-mail address, case aside', `${smith}&email=JANE.SMITH@example.com`, [jane]],
    ['part of an e-mail address', `${smith}&email=jane*`, []],
    ['a telephone number', `${smith}&phone=01632960587`, [jane]],
    ['a telephone number without its space', 'family=Attis%C3%B3n&birthdate=1960-07-14&phone=00919948052441', ['9736363015']],
    ['a date of death', `${smith}&death-date=le2019-02-28`, [jane]],
    ['a date of death of the living', 'family=Wren&birthdate=1988-02-29&death-date=le2030-01-01', []],
    ['a nickname’s family', 'family=Tansy&given=Bramble&birthdate=1991-04-17', ['9732110317']],
    ['four of one name, in order', 'family=Youds&birthdate=1970-01-24', youds],
    ['as many as there may be', 'family=Youds&birthdate=1970-01-24&_max-results=4', youds],
    ['a merged record stands as what it became', 'family=Cuff&birthdate=1926-01-07', ['9732019395']],
    ['a record merged twice, by its first number’s name', 'family=Tansy&given=Bramwell&birthdate=1991-04-18', ['9732110317']],
    ['an invalidated record', 'family=Voided&birthdate=1970-01-01', []],
    ['a very restricted record', 'family=Quill&birthdate=1979-11-30', []],
    ['a restricted record', 'family=Larkspur&birthdate=1984-03-09', ['9727022820']],
    ['a restricted record by its postcode', 'family=Larkspur&birthdate=1984-03-09&address-postalcode=YO21+3PU', []],
    ['a restricted record by its practice', 'family=Larkspur&birthdate=1984-03-09&general-practitioner=A20047', []],
    ['a restricted record by its telephone', 'family=Larkspur&birthdate=1984-03-09&phone=07700900123', []],
    ['a restricted record by its e-mail address', 'family=Smythe&birthdate=2005-06-16&email=janet.smythe@example.com', []],
    ['an empty pair of parameters', `${smith}&=`, [jane]],
    ['a former family name', `family=Med&${hume}`, []],
    ['a former family name, with history', `family=Med&${hume}&_history=true`, ['9736363074']],
    ['a former e-mail address', `family=Hume&${hume}&email=Historic@example.com`, []],
    ['a former e-mail address, with history', `family=Hume&${hume}&email=Historic@example.com&_history=true`, ['9736363074']],
    ['a former postcode, with history', `family=Hume&${hume}&address-postalcode=DN18+5QP&_history=true`, ['9736363074']],
    ['a former gender, with history', `family=Hume&${hume}&gender=female&_history=true`, []],
    ['fuzzy: a former gender', `_fuzzy-match=true&family=Hume&given=Casey&${hume}&gender=female`, ['9736363074']],
    ['fuzzy: a former name', `_fuzzy-match=true&family=Med&given=Casey&${hume}`, ['9736363074']],
    ['fuzzy: a former name that only sounds like it', '_fuzzy-match=true&family=Blogs&given=Joe&birthdate=1946-06-23', ['9693632109']],
    ['fuzzy: names the wrong way round', '_fuzzy-match=true&family=Casey&given=Hume&birthdate=1999-09-08', ['9736363074']],
    ['fuzzy: without a family name', '_fuzzy-match=true&given=Tobias&gender=male&birthdate=1988-02-29&address-postalcode=X1', []],
    ['fuzzy: another e-mail address', `_fuzzy-match=true&family=Hume&given=Casey&${hume}&email=other@example.com`, []],
    ['fuzzy: part of a postcode', `_fuzzy-match=true&family=Hume&gender=male&${hume}&address-postalcode=HU17`, []],
    ['fuzzy: another practice only lowers the score', `_fuzzy-match=true&family=Hume&given=Casey&${hume}&general-practitioner=X1`, ['9736363074']],
    ['fuzzy and exact: what only sounds like it', `_fuzzy-match=true&_exact-match=true&family=Hum&given=Casey&${hume}`, []],
    ['fuzzy and exact: what is the same', `_fuzzy-match=true&_exact-match=true&family=Hume&given=Casey&${hume}`, ['9736363074']],
  ];
  for (const [name, query, expected] of cases)
    test(`finds ${expected.length}: ${name}`, async () => {
      const bundle = await find(query);
      assert.deepEqual(
        [bundle.resourceType, bundle.type, bundle.total],
        ['Bundle', 'searchset', expected.length],
      );
      assert.deepEqual(bundle.entry?.map(({ resource }) => resource.id) ?? [], expected);
      assert.equal('entry' in bundle, expected.length > 0, 'an empty result has no entry member');
      for (const { fullUrl, resource } of bundle.entry ?? [])
        assert.equal(
          fullUrl,
          `https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/${resource.id}`,
        );
    });

  test('returns better matches first: accents as written, then the same letters', async () => {
    const { entry = [] } = await find(
      '_fuzzy-match=true&family=ATTIS%C3%93N&given=ZO%C3%8B&birthdate=1960-07-14',
    );
    assert.deepEqual(
      entry.map(({ resource, search }) => [resource.id, search.score]),
      [
        ['9736363015', 1],
        ['9736363023', 0.9604],
      ],
    );
  });

  test('scores swapped names lower', async () => {
    const score = async (query: string) =>
      (await find(`_fuzzy-match=true&${query}&${hume}`)).entry?.[0]?.search.score;
    assert.equal(await score('family=Hume&given=Casey'), 1);
    assert.equal(await score('family=Casey&given=Hume'), 0.8);
  });

  test('returns less than a record: current names, home address, death notification, no managing organisation', async () => {
    const [found] = (await find(smith)).entry ?? [];
    assert.deepEqual(Object.keys(found?.resource ?? {}).sort(), [
      'address',
      'birthDate',
      'contact',
      'deceasedDateTime',
      'extension',
      'gender',
      'generalPractitioner',
      'id',
      'identifier',
      'meta',
      'multipleBirthInteger',
      'name',
      'resourceType',
      'telecom',
    ]);
    assert.equal(found?.search.score, 1);
    assert.deepEqual(
      found?.resource.address?.map(({ use }) => use),
      ['home'],
    );
    assert.deepEqual(
      found?.resource.extension?.map(({ url }) => url.split('-').at(-1)),
      ['DeathNotificationStatus'],
    );
  });

  test('redacts a restricted result, also for a privileged application', async () => {
    const query = 'family=Larkspur&birthdate=1984-03-09';
    for (const as of [token, await gateway.issue({ scope: scopes.privileged })]) {
      const [found] = (await find(query, as)).entry ?? [];
      for (const member of ['address', 'telecom', 'generalPractitioner', 'contact'])
        assert.ok(found && !(member in found.resource));
    }
  });

  test('returns an outcome with status 200 and no list for more matches than requested', async () => {
    for (const [query, as] of [
      ['family=Youds&birthdate=1970-01-24&_max-results=3', token],
      ['family=Youds&birthdate=1970-01-24', await gateway.issue({ scope: scopes.application })],
    ] as const) {
      const answer = await ask(query, as);
      assert.equal(answer.status, 200);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      const { code, display } = issue.details.coding[0];
      assert.deepEqual(
        [issue.severity, issue.code, code, display, 'diagnostics' in issue],
        ['information', 'multiple-matches', 'TOO_MANY_MATCHES', 'Too Many Matches', false],
      );
    }
  });
});
