import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { displayName, FhirError } from './fhir.ts';
import { helloWorld } from './hello-world.ts';
import type { PdsSettings } from './pds.ts';
import { createPds } from './pds.ts';
import type { PlatformAnswer, TestPlatform } from './testing/platform.ts';
import { startPlatform } from './testing/platform.ts';

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

  test('retries a busy service once, after the requested wait, with the same request id', async (t) => {
    const platform = await startPlatform(busy, found);
    t.after(platform.close);
    const waits: number[] = [];
    const pds = client(platform, { wait: async (milliseconds) => void waits.push(milliseconds) });
    assert.equal((await pds.patient('9000000009')).patient.id, '9000000009');
    assert.deepEqual(waits, [5000]);
    const ids = platform.calls.map(({ headers }) => headers['x-request-id']);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  test('does not retry twice, after a long wait, or for another error', async (t) => {
    const platform = await startPlatform(busy);
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), { status: 503, retryAfterSeconds: 5 });
    assert.equal(platform.calls.length, 2);
    const others: PlatformAnswer[] = [
      { ...busy, headers: { 'retry-after': '6' } },
      { ...busy, headers: {} },
      { ...busy, status: 500 },
    ];
    for (const answer of others) {
      platform.calls.length = 0;
      platform.answers.splice(0, 1, answer);
      await assert.rejects(client(platform).patient('9000000009'), { code: 'fhir' });
      assert.equal(platform.calls.length, 1);
    }
  });

  test('stops when the caller aborts, while waiting for a token or for the retry', async (t) => {
    const platform = await startPlatform(busy);
    t.after(platform.close);
    const controllers = [new AbortController(), new AbortController()];
    const givingUp = (controller: AbortController | undefined) => () => {
      controller?.abort();
      return new Promise<never>(() => undefined);
    };
    const [token, wait] = controllers.map(givingUp);
    for (const [index, over] of [{ token }, { wait }].entries()) {
      const call = client(platform, over).patient('9000000009', { signal: controllers[index]?.signal });
      await assert.rejects(call, { code: 'aborted' });
    }
    assert.equal(platform.calls.length, 1);
  });

  test('refuses a response that is not a patient', async (t) => {
    const platform = await startPlatform({ body: { resourceType: 'Bundle' } });
    t.after(platform.close);
    await assert.rejects(client(platform).patient('9000000009'), { code: 'response_invalid' });
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
