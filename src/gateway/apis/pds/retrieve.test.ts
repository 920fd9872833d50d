import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  readPatient,
  startGateway,
} from '../../testing/gateway.ts';
import type { Patient } from './patient.ts';
import { extensionUrls } from './vocabulary.ts';

let gateway: RunningGateway;
let token: string;
before(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
});
after(() => gateway.stop());

const read = (id: string, as = token, init: RequestInit = {}) =>
  readPatient(gateway, id, { token: as, ...init });

describe('GET /Patient/{id}', () => {
  // [number, status, severity, issue, code, display]
  const refusals: [string, string, number, string, string, string, string][] = [
    [
      'a wrong check digit',
      '9000000000',
      400,
      'error',
      'value',
      'INVALID_RESOURCE_ID',
      'Resource Id is invalid',
    ],
    ['too few digits', '900000000', 400, 'error', 'value', 'INVALID_RESOURCE_ID', 'Resource Id is invalid'],
    ['letters', 'abc', 400, 'error', 'value', 'INVALID_RESOURCE_ID', 'Resource Id is invalid'],
    [
      'percent-encoding',
      '900000000%39',
      400,
      'error',
      'value',
      'INVALID_RESOURCE_ID',
      'Resource Id is invalid',
    ],
    [
      'an unknown number',
      '9111231130',
      404,
      'information',
      'not-found',
      'RESOURCE_NOT_FOUND',
      'Resource not found',
    ],
    ['ten zeros', '0000000000', 404, 'information', 'not-found', 'RESOURCE_NOT_FOUND', 'Resource not found'],
    [
      'an invalidated record',
      '9990003343',
      404,
      'error',
      'processing',
      'INVALIDATED_RESOURCE',
      'Resource that has been marked as invalid was requested - invalid resources cannot be retrieved',
    ],
  ];
  for (const below of ['', '/RelatedPerson'])
    for (const [name, id, status, severity, issue, code, display] of refusals)
      test(`returns ${status} ${code}: ${name}${below}`, async () => {
        const answer = await gateway.call(`${pdsBase}/Patient/${id}${below}`, { token });
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get('content-type'), 'application/fhir+json');
        const body = (await answer.json()) as OutcomeBody;
        assert.deepEqual(body, {
          resourceType: 'OperationOutcome',
          issue: [
            {
              severity,
              code: issue,
              details: {
                coding: [
                  {
                    system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
                    version: '1',
                    code,
                    display,
                  },
                ],
              },
            },
          ],
        });
      });

  test('lets the back end refuse a missing X-Request-ID before the number', async () => {
    for (const path of ['/Patient/9000000009', '/Patient/9000000000', '/Patient/']) {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}${pdsBase}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'nhsd-request-id': 'forged' },
      });
      assert.equal(answer.status, 400);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      assert.deepEqual(
        [
          issue.severity,
          issue.code,
          issue.details.coding[0].code,
          issue.details.coding[0].display,
          issue.diagnostics,
        ],
        [
          'error',
          'required',
          'MISSING_VALUE',
          'Required value is missing',
          'Invalid request with error - X-Request-ID header must be supplied to access this resource',
        ],
      );
    }
  });

  test('returns a record as FHIR JSON with its version as ETag, without caching', async () => {
    const answer = await gateway.call(`${pdsBase}/Patient/9000000009`, { token });
    assert.deepEqual(
      ['etag', 'content-type', 'cache-control'].map((name) => answer.headers.get(name)),
      ['W/"2"', 'application/fhir+json', 'no-store'],
    );
    const patient = (await answer.json()) as Patient;
    assert.equal(patient.meta.versionId, '2');
    assert.deepEqual(
      [
        patient.id,
        patient.name?.[0]?.family,
        patient.gender,
        patient.birthDate,
        patient.generalPractitioner?.[0]?.identifier.value,
      ],
      ['9000000009', 'Smith', 'female', '2010-10-22', 'Y12345'],
    );
    assert.equal(patient.extension?.length, 8);
    assert.deepEqual(
      patient.address?.map(({ use, line }) => [use, line?.length]),
      [
        ['home', 5],
        ['temp', 5],
      ],
    );
    assert.deepEqual(
      patient.telecom?.map(({ system }) => system),
      ['phone', 'email', 'other'],
    );
    const head = await gateway.call(`${pdsBase}/Patient/9000000009`, { token, method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('etag'), await head.text()], [200, 'W/"2"', '']);
  });

  test('returns id, identifier and meta of a minimal record', async () => {
    assert.deepEqual(Object.keys(await read('9000000033')), ['resourceType', 'id', 'identifier', 'meta']);
  });

  test('returns the replacement of a superseded record, also after two merges', async () => {
    const answer = await gateway.call(`${pdsBase}/Patient/5900053636`, { token });
    assert.deepEqual([answer.status, answer.headers.get('etag')], [200, 'W/"9"']);
    assert.equal(((await answer.json()) as Patient).id, '9732019395');
    assert.equal((await read('9732019735')).id, '9732110317');
  });

  test('returns 404 for records that supersede each other', async () => {
    await gateway.database.run({
      text: `UPDATE patient SET body = REPLACE(body, '"supersededBy":null', '"supersededBy":"9732019735"') WHERE nhs_number = '9732110317'`,
      values: [],
    });
    assert.equal((await gateway.call(`${pdsBase}/Patient/9732019735`, { token })).status, 404);
  });

  test('returns informal and formal notifications of death', async () => {
    for (const [id, code] of [
      ['5900046192', '1'],
      ['5900056597', '2'],
    ] as const) {
      const { deceasedDateTime, extension } = await read(id);
      assert.match(deceasedDateTime ?? '', /^\d{4}-\d\d-\d\dT00:00:00\+00:00$/);
      const status = extension?.find(({ url }) => url === extensionUrls.deathNotification)?.extension?.[0];
      assert.equal(status?.valueCodeableConcept?.coding[0]?.code, code);
    }
  });
});
