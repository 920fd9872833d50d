import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  requestId,
  role,
  startGateway,
} from './testing/gateway.ts';

const patient = `${pdsBase}/Patient/9000000009`;

describe('the access token', () => {
  let gateway: RunningGateway;
  const made: Record<string, string> = {};

  before(async () => {
    gateway = await startGateway();
    const { issue, clock } = gateway;
    made.expired = await issue({ expiresAt: clock.now() });
    made.revoked = await issue();
    await gateway.database.run(gateway.tokens.revokeStatement(made.revoked));
    made.expiredAndRevoked = await issue({ expiresAt: clock.now() - 1 });
    await gateway.database.run(gateway.tokens.revokeStatement(made.expiredAndRevoked));
    made.refresh = await issue({ kind: 'refresh' });
    made.bound = await issue({ attributes: { cnf: '{"jkt":"abc"}' } });
    made.foreign = await issue({ clientId: 'cis2-client' });
    made.orphan = await issue({ applicationId: 'gone' });
    made.unsubscribed = await issue({ applicationId: 'bare' });
    made.live = await issue();
    await gateway.addApplication('ended', {}, ['pds', 'hello']);
    const ended = await gateway.applications.get('ended');
    assert.ok(ended);
    await gateway.applications.replace({ ...ended, status: 'revoked' }, ended.revision);
    made.ended = await issue({ applicationId: 'ended' });
    await gateway.addApplication('withdrawn', {}, []);
    const withdrawn = await gateway.applications.get('withdrawn');
    assert.ok(withdrawn?.platform);
    await gateway.applications.replace(
      { ...withdrawn, platform: { ...withdrawn.platform, products: [{ name: 'pds', status: 'revoked' }] } },
      withdrawn.revision,
    );
    made.withdrawn = await issue({ applicationId: 'withdrawn' });
  });
  after(() => gateway.stop());

  const noMatch = 'Invalid API call as no apiproduct match found';
  // [header, or the token of `Bearer TOKEN`, diagnostics]
  const causes: [string, string | undefined, string][] = [
    ['no header', undefined, 'Missing Authorization header'],
    ['an empty header', '', 'Empty Authorization header'],
    ['the scheme alone', 'Bearer', 'Missing access token'],
    ['the scheme and a space', 'Bearer ', 'Missing access token'],
    ['one word', 'abc', 'Missing access token'],
    ['another scheme', 'Unheard-of abc', "Invalid token type 'Unheard-of', must be 'Bearer'"],
    ['the scheme in lower case', 'bearer :live', "Invalid token type 'bearer', must be 'Bearer'"],
    [
      'the scheme in capitals and an unknown token',
      'BEARER abc',
      "Invalid token type 'BEARER', must be 'Bearer'",
    ],
    ['an unknown token', 'Bearer abc', 'Invalid Access Token'],
    ['two tokens', 'Bearer :live :live', 'Invalid Access Token'],
    ['an expired token', 'Bearer :expired', 'Access Token expired'],
    ['a revoked token', 'Bearer :revoked', 'Invalid Access Token'],
    ['a token that was revoked and then expired', 'Bearer :expiredAndRevoked', 'Invalid Access Token'],
    ['a refresh token', 'Bearer :refresh', 'Invalid Access Token'],
    ['a sender-constrained token', 'Bearer :bound', 'Invalid Access Token'],
    ["one of CIS2's own tokens", 'Bearer :foreign', 'Invalid Access Token'],
    ['a token of an application that is gone', 'Bearer :orphan', 'Invalid Access Token'],
    ['a token of an application that was revoked', 'Bearer :ended', 'Invalid Access Token'],
    ['a token of an application without the product', 'Bearer :unsubscribed', noMatch],
    ['a token of an application whose product was revoked', 'Bearer :withdrawn', noMatch],
  ];
  for (const [name, header, diagnostics] of causes)
    test(`returns 401 ${diagnostics}: ${name}`, async () => {
      const authorization = header?.replace(/:(\w+)/g, (_, token: string) => made[token] ?? '');
      const answer = await gateway.call(patient, {
        headers: authorization === undefined ? {} : { authorization },
      });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('x-request-id'), requestId);
      assert.deepEqual(await answer.json(), {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'forbidden',
            details: {
              coding: [
                {
                  system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
                  version: '1',
                  code: 'ACCESS_DENIED',
                  display: 'Access Denied - Unauthorised',
                },
              ],
            },
            diagnostics,
          },
        ],
      });
    });

  const unreadable = ['Invalid access token', 'oauth.v2.InvalidAccessToken'];
  const unknown = ['Invalid Access Token', 'keymanagement.service.invalid_access_token'];
  const faults: [string, string | undefined, string[]][] = [
    ['no header', undefined, unreadable],
    ['an empty header', '', unreadable],
    ['the scheme alone', 'Bearer ', unreadable],
    ['another scheme', 'Basic abc', unreadable],
    ['an unknown token', 'Bearer abc', unknown],
    ['a revoked token', 'Bearer :revoked', unknown],
    [
      'an expired token',
      'Bearer :expired',
      ['Access Token expired', 'keymanagement.service.access_token_expired'],
    ],
    [
      'no product',
      'Bearer :withdrawn',
      [noMatch, 'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound'],
    ],
  ];
  for (const path of ['/canary-api', '/hello-world/hello/user'])
    for (const [name, header, [faultstring, errorcode]] of faults)
      test(`returns 401 ${errorcode} at ${path} with ${name}`, async () => {
        const authorization = header?.replace(/:(\w+)/g, (_, token: string) => made[token] ?? '');
        const answer = await gateway.call(path, {
          headers: authorization === undefined ? {} : { authorization },
        });
        assert.equal(answer.status, 401);
        assert.deepEqual(await answer.json(), { fault: { faultstring, detail: { errorcode } } });
      });

  test('accepts any spelling of the scheme in the standard profile', async () => {
    await gateway.addApplication('standard', {}, ['pds']);
    const application = await gateway.applications.get('standard');
    assert.ok(application?.platform);
    await gateway.applications.replace(
      { ...application, platform: { ...application.platform, profile: 'standard' } },
      application.revision,
    );
    const token = await gateway.issue({ applicationId: 'standard' });
    const answer = await gateway.call(patient, { headers: { authorization: `bearer ${token}` } });
    assert.equal(answer.status, 200);
  });

  test('distinguishes an expired token from an unknown one until it is deleted a day later', async () => {
    const token = await gateway.issue({ expiresAt: gateway.clock.now() + 1_000 });
    const diagnostics = async () =>
      ((await (await gateway.call(patient, { token })).json()) as OutcomeBody).issue[0].diagnostics;
    gateway.clock.advance(3_600);
    await gateway.tokens.sweep();
    assert.equal(await diagnostics(), 'Access Token expired');
    gateway.clock.advance(86_400);
    await gateway.tokens.sweep();
    assert.equal(await diagnostics(), 'Invalid Access Token');
  });

  test('never logs a token or a word of the header', async () => {
    const written = JSON.stringify(gateway.lines);
    for (const [name, token] of Object.entries(made)) assert.ok(!written.includes(token), name);
    assert.ok(!written.includes('Unheard-of'));
  });
});

test("refuses tokens of an inactive developer's application until the developer is active again", async () => {
  const gateway = await startGateway();
  try {
    const token = await gateway.issue();
    const { developers, applications } = gateway.dependencies;
    const developer = { id: 'acme', name: 'Acme', kind: 'company', email: '', status: 'inactive' } as const;
    await developers.add(developer);
    for (const { revision, ...one } of await applications.list())
      await applications.replace({ ...one, developer: 'acme' }, revision);
    const status = async () =>
      (await gateway.call(patient, { token, headers: { 'NHSD-Session-URID': role } })).status;
    assert.equal(await status(), 401);
    await developers.replace({ ...developer, status: 'active' }, 1);
    assert.equal(await status(), 200);
  } finally {
    await gateway.stop();
  }
});
