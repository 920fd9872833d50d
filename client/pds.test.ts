import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientError } from './errors.ts';
import { displayName, FhirError } from './fhir.ts';
import { helloWorld } from './hello-world.ts';
import type { PdsSettings } from './pds.ts';
import { createPds } from './pds.ts';
import type { PlatformAnswer, TestPlatform } from './testing/platform.ts';
import { startPlatform } from './testing/platform.ts';
import { TokenSet } from './tokens.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PATIENT = { resourceType: 'Patient', id: '9000000009', birthDate: '2010-10-22' };
const found: PlatformAnswer = {
  body: PATIENT,
  headers: { etag: 'W/"2"', 'content-type': 'application/fhir+json' },
};
const busy: PlatformAnswer = {
  status: 503,
  body: outcome('SERVICE_UNAVAILABLE', 'Service unavailable'),
  headers: { 'retry-after': '5' },
};

function outcome(code: string, display: string, diagnostics?: string) {
  const coding = [
    { system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode', version: '1', code, display },
  ];
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'value', details: { coding }, diagnostics }],
  };
}

function client(platform: TestPlatform, over: Partial<PdsSettings> = {}) {
  const baseUrl = `${platform.origin}/personal-demographics/FHIR/R4`;
  return createPds({ baseUrl, token: async () => 'token', wait: async () => undefined, ...over });
}

describe('createPds', () => {
  test('refuses a TokenSet where a token is needed', async () => {
    const tokens = new TokenSet({ accessToken: 'secret', expiresAt: 1 });
    const isRefused = (received: string) => (error: ClientError) =>
      error.code === 'settings_invalid' &&
      error.received === received &&
      /accessToken/.test(error.advice ?? '');
    const baseUrl = 'http://localhost:1';
    // @ts-expect-error as JavaScript allows
    const pds = createPds({ baseUrl, token: async () => tokens });
    await assert.rejects(pds.patient('9000000009'), isRefused('a TokenSet'));
    const empty = createPds({ baseUrl, token: async () => '' });
    await assert.rejects(empty.patient('9000000009'), isRefused('an empty text'));
    // @ts-expect-error as JavaScript allows
    await assert.rejects(helloWorld(tokens, { baseUrl }), isRefused('a TokenSet'));
  });

  test('sends the required headers and returns the version', async (t) => {
    const platform = await startPlatform(found);
    t.after(platform.close);
    const pds = client(platform, { sessionUrid: '555254240100', odsCode: 'A9A5A' });
    const record = await pds.patient('900 000 0009');
    const [call] = platform.calls;
    assert.equal(call?.path, '/personal-demographics/FHIR/R4/Patient/9000000009');
    assert.equal(call?.headers.authorization, 'Bearer token');
    assert.match(String(call?.headers['x-request-id']), UUID);
    assert.match(String(call?.headers['x-correlation-id']), UUID);
    assert.equal(call?.headers['nhsd-session-urid'], '555254240100');
    assert.equal(call?.headers['nhsd-end-user-organisation-ods'], 'A9A5A');
    assert.equal(record.etag, 'W/"2"');
    assert.equal(record.supersededBy, undefined);
    assert.equal(record.requestId, call?.headers['x-request-id']);
  });

  test('sends no role by default, and another one for a single call', async (t) => {
    const platform = await startPlatform(found);
    t.after(platform.close);
    await client(platform).patient('9000000009');
    await client(platform, { sessionUrid: '1' }).patient('9000000009', {
      sessionUrid: '2',
      correlationId: 'task-7',
    });
    assert.equal(platform.calls[0]?.headers['nhsd-session-urid'], undefined);
    assert.equal(platform.calls[1]?.headers['nhsd-session-urid'], '2');
    assert.equal(platform.calls[1]?.headers['x-correlation-id'], 'task-7');
  });

  test('reports a superseded number', async (t) => {
    const platform = await startPlatform({ ...found, body: { ...PATIENT, id: '9000000017' } });
    t.after(platform.close);
    const record = await client(platform).patient('9000000009');
    assert.deepEqual([record.requested, record.supersededBy], ['9000000009', '9000000017']);
  });

  test('does not send an invalid number', async (t) => {
    const platform = await startPlatform(found);
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000000'), { code: 'nhs_number_invalid' });
    await assert.rejects(client(platform).patient('../Patient'), { code: 'nhs_number_invalid' });
    await assert.rejects(client(platform, { sessionUrid: 'x\r\ny: z' }).patient('9000000009'), {
      code: 'settings_invalid',
    });
    assert.equal(platform.calls.length, 0);
  });

  test("throws the API's error with the ids to quote", async (t) => {
    const platform = await startPlatform({
      status: 404,
      body: outcome('RESOURCE_NOT_FOUND', 'Resource not found'),
    });
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), (error: FhirError) => {
      assert.ok(error instanceof FhirError);
      assert.deepEqual([error.code, error.status, error.errorCode], ['fhir', 404, 'RESOURCE_NOT_FOUND']);
      assert.equal(error.message, 'Resource not found (404 RESOURCE_NOT_FOUND).');
      assert.equal(error.requestId, platform.calls[0]?.headers['x-request-id']);
      return true;
    });
  });

  test('keeps values out of the message, and accepts bodies that are not an outcome', async (t) => {
    const body = outcome(
      'INVALID_VALUE',
      'Provided value is invalid',
      "Invalid value - '12' in header 'NHSD-Session-URID'",
    );
    const platform = await startPlatform({ status: 400, body }, { status: 502, body: '<html>' });
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), (error: FhirError) => {
      assert.ok(!error.message.includes('12'));
      return /NHSD-Session-URID/.test(error.diagnostics ?? '');
    });
    await assert.rejects(client(platform).patient('9000000009'), { status: 502, outcome: undefined });
  });

  test('repeats a write after 503 and a lost response, with the same request id', async (t) => {
    const platform = await startPlatform(busy, found);
    t.after(platform.close);
    const waits: number[] = [];
    const pds = client(platform, { wait: async (milliseconds) => void waits.push(milliseconds) });
    const patches = [{ op: 'replace', path: '/gender', value: 'female' }] as const;
    const record = await pds.update('9000000009', { etag: 'W/"2"', patches });
    assert.equal(record.etag, 'W/"2"');
    assert.deepEqual(waits, [5000]);
    const [first, second] = platform.calls;
    assert.equal(platform.calls.length, 2);
    assert.equal(first?.method, 'PATCH');
    assert.equal(first?.headers['if-match'], 'W/"2"');
    assert.equal(first?.headers['content-type'], 'application/json-patch+json');
    assert.equal(first?.body, JSON.stringify({ patches }));
    assert.equal(second?.body, first?.body);
    assert.equal(second?.headers['x-request-id'], first?.headers['x-request-id']);
  });

  test('returns the error of a service that stays busy, with its wait', async (t) => {
    const platform = await startPlatform(busy);
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), { status: 503, retryAfterSeconds: 5 });
    assert.equal(platform.calls.length, 3);
  });

  test('refuses a response that is not a patient', async (t) => {
    const platform = await startPlatform({ body: { resourceType: 'Bundle' } });
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), { code: 'response_invalid' });
  });

  const malformed: [string, object][] = [
    ['name', { name: 'Smith' }],
    ['name[0].given[1]', { name: [{ given: ['Jane', 7] }] }],
    ['meta.security', { meta: { security: {} } }],
    ['address[0].line', { address: [{ line: null }] }],
  ];
  for (const [part, members] of malformed) {
    test(`refuses a patient with a malformed ${part}`, async (t) => {
      const platform = await startPlatform({ body: { ...PATIENT, ...members } });
      t.after(platform.close);
      const expected = `${part} as in FHIR R4`;
      await assert.rejects(client(platform).patient('9000000009'), { code: 'response_invalid', expected });
    });
  }

  test('searches, and reports too many matches', async (t) => {
    const entry = [{ search: { score: 0.9 }, resource: PATIENT }];
    const platform = await startPlatform(
      { body: { resourceType: 'Bundle', type: 'searchset', total: 1, entry } },
      { body: { resourceType: 'Bundle', type: 'searchset', total: 0 } },
      { body: outcome('TOO_MANY_MATCHES', 'Too Many Matches') },
    );
    t.after(platform.close);
    const pds = client(platform);
    const criteria = { family: 'Sm*', birthdate: ['ge2010-01-01', 'le2011-01-01'], '_fuzzy-match': false };
    const { matches, tooMany } = await pds.search(criteria);
    assert.deepEqual([matches, tooMany], [[{ patient: PATIENT, score: 0.9 }], false]);
    const query = 'family=Sm*&birthdate=ge2010-01-01&birthdate=le2011-01-01&_fuzzy-match=false';
    assert.equal(platform.calls[0]?.path, `/personal-demographics/FHIR/R4/Patient?${query}`);
    assert.deepEqual((await pds.search({ family: 'Smith' })).matches, []);
    assert.equal((await pds.search({ family: 'Smith' })).tooMany, true);
  });

  test('creates a patient, or returns the existing one', async (t) => {
    const platform = await startPlatform(
      { ...found, status: 201 },
      { body: outcome('SINGLE_MATCH', 'Single match found') },
      { body: {} },
    );
    t.after(platform.close);
    const pds = client(platform);
    const details = { resourceType: 'Patient', gender: 'female' } as const;
    assert.equal((await pds.create(details)).created?.patient.id, '9000000009');
    assert.deepEqual((await pds.create(details)).existing, 'SINGLE_MATCH');
    await assert.rejects(pds.create(details), { code: 'response_invalid' });
    assert.equal(platform.calls[0]?.headers['content-type'], 'application/json');
  });

  test('reads related persons and coverage', async (t) => {
    const bundle = (resource: object) => ({ body: { resourceType: 'Bundle', entry: [{ resource }] } });
    const coverage = { resourceType: 'Coverage', status: 'active' } as const;
    const platform = await startPlatform(
      bundle({ resourceType: 'RelatedPerson', id: 'RP1' }),
      { ...bundle(coverage), headers: { etag: 'W/"3"' } },
      { body: { resourceType: 'Bundle' }, headers: { etag: 'W/"3"' } },
    );
    t.after(platform.close);
    const pds = client(platform);
    assert.equal((await pds.relatedPersons('9000000009')).relatedPersons[0]?.id, 'RP1');
    const card = await pds.coverage('9000000009');
    assert.deepEqual([card.coverage, card.etag], [coverage, 'W/"3"']);
    assert.match(platform.calls[1]?.path ?? '', /\/Coverage\?subscriber%3Aidentifier=9000000009$/);
    assert.equal((await pds.replaceCoverage({ etag: 'W/"3"', coverage })).coverage, undefined);
    assert.equal(platform.calls[2]?.headers['if-match'], 'W/"3"');
    assert.equal(platform.calls[2]?.headers['content-type'], 'application/json');
  });
});

test('displayName returns the usual name, and an empty text if it is withheld', () => {
  const name = [
    { use: 'old', family: 'Jones' },
    { use: 'usual', prefix: ['Mrs'], given: ['Jane', 'Marie'], family: 'Smith' },
  ];
  assert.equal(displayName({ resourceType: 'Patient', id: '1', name }), 'Mrs Jane Marie Smith');
  assert.equal(displayName({ resourceType: 'Patient', id: '1' }), '');
});

test('helloWorld shows whether a token works', async (t) => {
  const platform = await startPlatform(
    { body: { message: 'Hello User!' } },
    { status: 401, body: { fault: {} } },
  );
  t.after(platform.close);
  const baseUrl = `${platform.origin}/hello-world`;
  assert.equal(await helloWorld('token', { baseUrl }), 'Hello User!');
  assert.equal(platform.calls[0]?.path, '/hello-world/hello/user');
  await assert.rejects(helloWorld('token', { baseUrl, who: 'application' }), { message: /401/ });
});
