import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { invoke } from '../../src/cli/testing/command.ts';
import { startUpstream, type TestUpstream } from '../../src/gateway/testing/upstream.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// The definitions have the structure of published ones, and invented content.

/** As NHSDigital/booking-and-referral-fhir-api 1.4.0: its own bearer scheme, several servers, no extension. */
const bookings = `openapi: 3.0.1
info: {title: Bookings, version: 1.4.0}
servers:
  - {url: 'https://sandbox.example.org/bookings/FHIR/R4', description: Sandbox}
  - {url: 'https://example.org/bookings/FHIR/R4', description: Production}
security:
  - OAuth_Token: []
paths:
  /Slot:
    get:
      parameters:
        - {in: header, name: X-Correlation-Id, schema: {type: string, format: uuid}}
      security:
        - OAuth_Token: []
      responses:
        '200': {description: Slots, content: {application/fhir+json: {schema: {$ref: schemas/Slot.yaml}}}}
components:
  securitySchemes:
    OAuth_Token:
      type: http
      scheme: bearer
`;

/** As NHSDigital/electronic-prescription-service-api: a target with a client certificate, and an operation for API keys alone. */
const prescriptions = `openapi: 3.0.3
info: {title: Prescriptions, version: 1.0.0}
servers: [{url: 'https://example.org/prescriptions'}]
x-nhsd-apim:
  temporary: false
  monitoring: true
  access:
    - {title: Healthcare worker, grants: {nhs-cis2-aal3: []}}
  target:
    type: external
    healthcheck: /_status
    url: https://prescriptions.example.org
    security: {type: mtls, secret: prescriptions-mtls-1}
  target-identity:
    - {name: cis2-uuid, header: nhsd-identity-uuid}
    - {name: cis2-urid}
  target-attributes:
    - {name: nhsd-party-key, required: false}
paths:
  /metadata:
    get: {security: [{app-level0: []}], responses: {'200': {description: The capability statement}}}
  /FHIR/R4/Task:
    post:
      security: [{nhs-cis2-aal3: []}]
      requestBody: {content: {application/fhir+json: {schema: {type: object}}}}
      responses: {'200': {description: The task}}
components:
  securitySchemes:
    app-level0: {$ref: 'https://proxygen.prod.api.platform.nhs.uk/components/securitySchemes/app-level0'}
    nhs-cis2-aal3: {$ref: 'https://proxygen.prod.api.platform.nhs.uk/components/securitySchemes/nhs-cis2-aal3'}
`;

describe('alongside api add --upstream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-shapes-'));
  let instance: TestInstance;
  let upstream: TestUpstream;
  let authorization: string;
  before(async () => {
    instance = await startInstance();
    upstream = await startUpstream(({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'application/fhir+json' });
      response.end(JSON.stringify(headers));
    });
    mkdirSync(join(folder, 'bookings', 'schemas'), { recursive: true });
    writeFileSync(join(folder, 'bookings', 'bookings.yaml'), bookings);
    writeFileSync(join(folder, 'bookings', 'schemas', 'Slot.yaml'), 'type: object\n');
    writeFileSync(join(folder, 'prescriptions.yaml'), prescriptions);
  });
  after(async () => {
    await instance.stop();
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });

  const add = async (...words: string[]) => {
    const more = ['--upstream', upstream.url, '--application', 'demo-combined'];
    const { notes } = await invoke(['api', 'add', ...words, ...more, '--state', instance.state.stateFile]);
    const { access_token: token } = await instance.api<{ access_token: string }>('POST', '/tokens', {
      person: 'gp',
      application: 'demo-combined',
    });
    authorization = `Bearer ${token}`;
    return notes;
  };
  const call = (path: string, headers: Record<string, string>, method = 'GET') =>
    fetch(instance.urls.apis + path, {
      method,
      headers: { 'content-type': 'application/fhir+json', ...headers },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });

  test('adds a definition with its own security scheme and an extension from another folder', async () => {
    const extension = join(folder, 'access.yaml');
    writeFileSync(extension, 'x-nhsd-apim: {access: [{title: Users, grants: {nhs-cis2-aal3: []}}]}\n');
    const notes = await add(join(folder, 'bookings', 'bookings.yaml'), '--extension', extension);
    assert.equal(
      notes.filter((note) => note.includes('security names "OAuth_Token"')).length,
      1,
      notes.join('\n'),
    );
    assert.equal((await call('/bookings/FHIR/R4/Slot', { authorization })).status, 200);
    assert.equal((await call('/bookings/FHIR/R4/Slot', {})).status, 401);
  });

  test('adds a definition with a client certificate for its target, names the flag for it, and serves it without', async () => {
    const notes = await add(join(folder, 'prescriptions.yaml'));
    assert.ok(
      notes.some((note) => note.endsWith('If it needs it, add --secret prescriptions-mtls-1=@FILE.')),
      notes.join('\n'),
    );
    const task = await call('/prescriptions/FHIR/R4/Task', { authorization }, 'POST');
    assert.equal(task.status, 200);
    assert.equal(((await task.json()) as Record<string, string>)['nhsd-identity-uuid'], '656005750108');
    const apikey = seededClients.combined.clientId;
    assert.equal((await call('/prescriptions/metadata', { apikey })).status, 200);
    assert.equal((await call('/prescriptions/metadata', {})).status, 401);
  });

  test('reports a secret that is not stored with the command that stores it, and so does explain', async () => {
    await invoke(['api', 'remove', 'prescriptions', '--state', instance.state.stateFile]);
    const notes = await add(join(folder, 'prescriptions.yaml'), '--secret', 'prescriptions-mtls-1');
    const command = 'alongside api edit prescriptions --secret prescriptions-mtls-1=@FILE';
    assert.ok(
      notes.some((note) => note.includes(command)),
      notes.join('\n'),
    );
    const failed = await call('/prescriptions/FHIR/R4/Task', { authorization }, 'POST');
    assert.equal(failed.status, 500);
    const id = failed.headers.get('x-message-id') ?? '';
    const explained = await invoke(['explain', id, '--state', instance.state.stateFile]);
    assert.match(explained.lines.join('\n').replace(/\s+/g, ' '), new RegExp(`Store it: ${command}\\.`));
  });
});
