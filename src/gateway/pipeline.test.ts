import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  requestId,
  role,
  scopes,
  startGateway,
} from './testing/gateway.ts';

const known = '/Patient/9000000009';

/** A call with the refusal that the reference requires. */
interface Case {
  name: string;
  method?: string;
  path: string;
  scope?: string;
  headers?: Record<string, string>;
  /** Whether it is called without a token. */
  anonymous?: boolean;
  status: number;
  issue?: string;
  code?: string;
  display?: string;
  diagnostics?: string;
}

const app = 'application-restricted';
const privileged = `privileged-${app}`;
const contact = 'Please contact support.';
const noMethod = `Your app has insufficient permissions to use this method. ${contact}`;
const noOperation = `Your app has insufficient permissions to use this operation. ${contact}`;
const noSearch = `Your app has insufficient permissions to perform this search. ${contact}`;
const patientOnly =
  'Your access token has insufficient permissions. See documentation regarding Patient access restrictions https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir';
const badId = "Invalid value - '1234' in header 'X-Request-ID'";
const login = (level: string) => `urn:nhsd:apim:user-nhs-login:${level}:personal-demographics-service`;
const cis2 = (level: string) => `urn:nhsd:apim:user-nhs-cis2:${level}:personal-demographics-service`;

// biome-ignore format: a table reads best one row a line
const cases: Case[] = [
  // The order of the rules.
  { name: 'a bad token precedes a bad path and a bad id', path: '/HelloWorld', anonymous: true, headers: { 'x-request-id': '1234' }, status: 401, code: 'ACCESS_DENIED' },
  { name: 'a scope that is too weak precedes a bad path', path: '/HelloWorld', scope: login('P5'), status: 403, code: 'ACCESS_DENIED' },
  { name: 'a bad path precedes a bad id', path: '/HelloWorld', headers: { 'x-request-id': '1234' }, status: 400, code: 'UNSUPPORTED_REQUEST' },
  { name: 'a bad id precedes a bad role', path: known, headers: { 'x-request-id': '1234', 'nhsd-session-urid': '1' }, status: 400, diagnostics: badId },
  { name: 'a bad id precedes a method that the mode may not use', path: known, method: 'PATCH', scope: scopes.application, headers: { 'x-request-id': '1234' }, status: 400, diagnostics: badId },
  { name: 'a bad role precedes Coverage', path: '/Coverage', headers: { 'nhsd-session-urid': '1' }, status: 400, code: 'INVALID_VALUE' },
  // Paths.
  { name: 'an unknown path', path: '/HelloWorld', status: 400, issue: 'value', code: 'UNSUPPORTED_REQUEST', display: 'The request is not one that is supported.', diagnostics: "Unsupported path - '/HelloWorld'" },
  { name: 'a path that is nearly right', path: '/Patient!', status: 400, diagnostics: "Unsupported path - '/Patient!'" },
  { name: 'a path in another case', path: '/patient/9000000009', status: 400, diagnostics: "Unsupported path - '/patient/9000000009'" },
  { name: 'no path', path: '', status: 400, diagnostics: "Unsupported path - ''" },
  { name: 'a missing NHS number', path: '/Patient/', status: 400, issue: 'processing', code: 'UNSUPPORTED_SERVICE', display: 'Unsupported Service' },
  { name: 'PUT', path: known, method: 'PUT', status: 400, code: 'UNSUPPORTED_SERVICE' },
  { name: 'DELETE', path: known, method: 'DELETE', status: 400, code: 'UNSUPPORTED_SERVICE' },
  { name: 'OPTIONS without the CORS headers', path: known, method: 'OPTIONS', status: 502, issue: 'unknown', code: 'UNKNOWN_ERROR', display: 'Unknown Error' },
  // X-Request-ID.
  { name: 'an id that is no UUID', path: known, headers: { 'x-request-id': '1234' }, status: 400, issue: 'value', code: 'INVALID_VALUE', display: 'Provided value is invalid', diagnostics: badId },
  { name: 'an empty id', path: known, headers: { 'x-request-id': '' }, status: 400, diagnostics: "Invalid value - '' in header 'X-Request-ID'" },
  { name: 'a UUID in lower case', path: known, headers: { 'x-request-id': requestId.toLowerCase() }, status: 200 },
  // Scopes and modes.
  { name: 'a scope of another API alone', path: known, scope: 'urn:nhsd:apim:user-nhs-id:aal3:hello-world', status: 401, code: 'ACCESS_DENIED', diagnostics: 'Invalid API call as no apiproduct match found' },
  { name: 'no scope', path: known, scope: '', status: 401, diagnostics: 'Invalid API call as no apiproduct match found' },
  { name: 'a scope that only begins like one', path: known, scope: `${scopes.user}-2`, status: 401 },
  { name: 'AAL3 of the newer family', path: known, scope: cis2('aal3'), status: 200 },
  { name: 'AAL2 of the newer family', path: known, scope: cis2('aal2'), status: 200 },
  { name: 'AAL2 of the older family is no scope', path: known, scope: 'urn:nhsd:apim:user-nhs-id:aal2:personal-demographics-service', status: 401 },
  { name: 'AAL1 is no scope', path: known, scope: cis2('aal1'), status: 401 },
  { name: 'the legacy scope among others', path: known, scope: 'openid personal-demographics-service:USER-RESTRICTED x', status: 200 },
  { name: 'an application', path: known, scope: scopes.application, status: 200 },
  { name: 'P9 without a sign-in token', path: known, scope: scopes.patient, status: 403, issue: 'forbidden', code: 'ACCESS_DENIED', display: 'Patient cannot perform this action', diagnostics: patientOnly },
  { name: 'P5', path: known, scope: login('P5'), status: 403, display: 'Patient cannot perform this action', diagnostics: patientOnly },
  { name: 'P0 beside a scope that would do', path: known, scope: `${scopes.user} ${login('P0')}`, status: 403, diagnostics: patientOnly },
  { name: 'user over application', path: '/Coverage', scope: `${scopes.user} ${scopes.application}`, status: 403, display: 'Cannot GET resource with user-restricted access token' },
  { name: 'privileged over user', path: '/Coverage', scope: `${scopes.privileged} ${scopes.user}`, status: 403, display: `Cannot GET resource with ${privileged} access token` },
  // Operations that a mode may not use.
  { name: 'PATCH by an application', path: known, method: 'PATCH', scope: scopes.application, status: 403, issue: 'forbidden', code: 'INVALID_METHOD', display: `Cannot update resource with ${app} access token`, diagnostics: noMethod },
  { name: 'PATCH by a privileged application', path: known, method: 'PATCH', scope: scopes.privileged, status: 403, display: `Cannot update resource with ${privileged} access token` },
  { name: 'PATCH of Coverage by an application', path: '/Coverage', method: 'PATCH', scope: scopes.application, status: 403, code: 'INVALID_METHOD' },
  { name: 'POST by an application', path: '/Patient', method: 'POST', scope: scopes.application, status: 403, code: 'INVALID_METHOD', display: `Cannot create resource with ${app} access token`, diagnostics: noMethod },
  { name: 'the operation of births by an application', path: '/Patient/$process-birth-details', method: 'POST', scope: scopes.privileged, status: 403, display: `Cannot create resource with ${privileged} access token` },
  { name: 'Coverage by an application', path: '/Coverage', scope: scopes.application, status: 403, issue: 'forbidden', code: 'ACCESS_DENIED', display: `Cannot GET resource with ${app} access token`, diagnostics: noOperation },
  { name: 'Coverage posted by an application', path: '/Coverage', method: 'POST', scope: scopes.application, status: 403, display: `Cannot POST resource with ${app} access token` },
  { name: 'Coverage by a healthcare worker', path: '/Coverage?subscriber:identifier=9000000009', status: 403, display: 'Cannot GET resource with user-restricted access token', diagnostics: noOperation },
  { name: 'Coverage posted by a healthcare worker', path: '/Coverage', method: 'POST', status: 403, display: 'Cannot POST resource with user-restricted access token' },
  { name: 'two results for an application', path: '/Patient?family=Smith&birthdate=2010-10-22&_max-results=2', scope: scopes.application, status: 403, issue: 'token', code: 'INVALID_VALUE', display: `Cannot retrieve more than one result with ${app} access token`, diagnostics: noSearch },
  { name: 'one and then two results for an application', path: '/Patient?family=Smith&birthdate=2010-10-22&_max-results=1&%5Fmax-results=2', scope: scopes.application, status: 403, code: 'INVALID_VALUE' },
  { name: 'one result for an application', path: '/Patient?family=Smith&birthdate=2010-10-22&_max-results=1', scope: scopes.application, status: 200 },
  { name: 'results not mentioned by an application', path: '/Patient?family=Youds&birthdate=1970-01-24', scope: scopes.application, status: 200, code: 'TOO_MANY_MATCHES' },
  // Roles.
  { name: 'a role that is not the person\'s', path: known, headers: { 'nhsd-session-urid': 'invalid' }, status: 400, issue: 'value', code: 'INVALID_VALUE', display: 'Provided value is invalid', diagnostics: "Invalid value - 'invalid' in header 'NHSD-Session-URID'. Refer to the guidance for this header in our API Specification https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir" },
  { name: 'the role of the person', path: known, headers: { 'nhsd-session-urid': role }, status: 200 },
  { name: 'an application that sends a role', path: known, scope: scopes.application, headers: { 'nhsd-session-urid': 'invalid' }, status: 200 },
];

describe('the rules of the gateway for the PDS', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  for (const { name, path, anonymous, scope, method = 'GET', headers, status, ...expected } of cases)
    test(`return ${status} ${expected.code ?? ''}: ${name}`, async () => {
      const token = anonymous ? undefined : await gateway.issue(scope === undefined ? {} : { scope });
      const answer = await gateway.call(pdsBase + path, { method, token, headers });
      assert.equal(answer.status, status);
      if (Object.keys(expected).length === 0) return;
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      const { code, display } = issue.details.coding[0];
      if (expected.issue) assert.equal(issue.code, expected.issue);
      if (expected.code) assert.equal(code, expected.code);
      if (expected.display) assert.equal(display, expected.display);
      if (expected.diagnostics) assert.equal(issue.diagnostics, expected.diagnostics);
    });

  test('return the catch-all with the message id for a failing back end, without its response', async () => {
    const token = await gateway.issue();
    await gateway.database.run({
      text: "UPDATE patient SET body = 'secret of storage' WHERE nhs_number = '9693632109'",
      values: [],
    });
    const answer = await gateway.call(`${pdsBase}/Patient/9693632109`, { token });
    assert.equal(answer.status, 500);
    const [issue] = ((await answer.json()) as OutcomeBody).issue;
    assert.equal(issue.details.coding[0].code, 'UNKNOWN_ERROR');
    assert.match(
      issue.diagnostics ?? '',
      /^An unknown error occurred processing this request\. Contact us for assistance diagnosing this issue: https:\/\/digital\.nhs\.uk\/developer\/help-and-support\. \(Message ID: [0-9a-f-]{36}\)$/,
    );
    assert.equal(answer.headers.get('x-request-id'), requestId);
    assert.ok(!JSON.stringify(gateway.lines).includes('secret'));
  });
});

describe('options of the gateway', () => {
  test('legacyDefaultMode makes any valid token application-restricted, as published', async () => {
    const gateway = await startGateway({ legacyDefaultMode: true });
    const token = await gateway.issue({ scope: 'urn:nhsd:apim:user-nhs-id:aal3:hello-world' });
    assert.equal((await gateway.call(pdsBase + known, { token })).status, 200);
    const refused = await gateway.call(pdsBase + known, { method: 'PATCH', token });
    const [{ details }] = ((await refused.json()) as OutcomeBody).issue;
    assert.equal(details.coding[0].display, `Cannot update resource with ${app} access token`);
    await gateway.stop();
  });

  test('requireAsid refuses an application without one, and accepts one with one', async () => {
    const gateway = await startGateway({ requireAsid: true });
    await gateway.addApplication('nameless', {}, ['pds']);
    const refused = await gateway.call(pdsBase + known, {
      token: await gateway.issue({ applicationId: 'nameless' }),
    });
    assert.equal(refused.status, 400);
    const [issue] = ((await refused.json()) as OutcomeBody).issue;
    assert.deepEqual(
      [issue.code, issue.details.coding[0].code, issue.details.coding[0].display, issue.diagnostics],
      [
        'value',
        'MISSING_VALUE',
        'Required value is missing',
        'No ASID is associated with your app. Please contact support.',
      ],
    );
    assert.equal((await gateway.call(pdsBase + known, { token: await gateway.issue() })).status, 200);
    await gateway.stop();
  });

  test('an application that may update has the rights of a healthcare worker, without a role', async () => {
    const gateway = await startGateway();
    const update = { 'apim-app-flow-vars': '{"pds":{"app-restricted":{"update":true}}}' };
    await gateway.addApplication('updating', update, ['pds']);
    const token = await gateway.issue({
      applicationId: 'updating',
      scope: scopes.application,
      attributes: {},
      uid: null,
    });
    assert.equal((await gateway.call(pdsBase + known, { token })).status, 200);
    const coverage = await gateway.call(`${pdsBase}/Coverage`, { token });
    const [{ details }] = ((await coverage.json()) as OutcomeBody).issue;
    assert.equal(details.coding[0].display, 'Cannot GET resource with user-restricted access token');
    await gateway.stop();
  });
});
