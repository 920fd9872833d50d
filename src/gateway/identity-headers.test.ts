import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener, type Listener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { anyMethod, route } from '@alongside/kernel/route';
import { loadApis } from './apis/registry.ts';
import { gatewayOf } from './dependencies.ts';
import { apiHandler } from './endpoint.ts';
import {
  identity,
  pdsBase,
  type RunningGateway,
  requestId,
  role,
  scopes,
  startGateway,
} from './testing/gateway.ts';

describe('the identity headers for a back end', () => {
  let gateway: RunningGateway;
  let echo: Listener;
  let port: number;

  before(async () => {
    gateway = await startGateway();
    const [api] = await loadApis(gateway.dependencies);
    assert.ok(api);
    const handler = apiHandler(
      {
        ...api,
        backEnd: async ({ headers, query }) => json(200, { headers: Object.fromEntries(headers), query }),
      },
      gatewayOf(gateway.dependencies),
    );
    echo = createListener(route(`${pdsBase}/*`, anyMethod(handler)), { name: 'echo', log: silentLog });
    port = await echo.listen(0);
  });
  after(async () => {
    await echo.close();
    await gateway.stop();
  });

  const heard = async (token: string, headers: Record<string, string> = {}, path = '/Patient/9000000009') => {
    const answer = await fetch(`http://127.0.0.1:${port}${pdsBase}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'x-request-id': requestId, ...headers },
    });
    assert.equal(answer.status, 200);
    return (await answer.json()) as { headers: Record<string, string>; query: string };
  };

  const forged = Object.fromEntries(identity.map((name) => [name, 'forged']));

  test("name a healthcare worker's uid, provider, role and application", async () => {
    const { headers } = await heard(await gateway.issue(), {
      ...forged,
      'X-Correlation-ID': 'c1',
      'NHSD-End-User-Organisation-ODS': 'A1',
    });
    const { 'nhsd-correlation-id': correlation, ...rest } = headers;
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(rest).filter(([name]) => /^(nhs|x-|prefer|auth|cookie|forwarded)/.test(name)),
      ),
      {
        'nhsd-identity-uuid': '656005750107',
        'nhsd-identity-idp': 'https://issuer.example',
        'nhsd-session-urid': role,
        'nhsd-asid': '200000001234',
        'nhsd-application-id': 'full',
        'nhsd-request-id': requestId,
        'nhsd-end-user-organisation-ods': 'A1',
      },
    );
    assert.match(correlation ?? '', new RegExp(`^${requestId}\\.c1\\.[0-9a-f-]{36}$`));
    assert.ok(!Object.values(headers).includes('forged'));
  });

  test('contain no user or role for an application, and limit it to one result by default', async () => {
    const token = await gateway.issue({
      scope: scopes.application,
      uid: null,
      attributes: { auth_type: 'app' },
    });
    const { headers, query } = await heard(
      token,
      { ...forged, 'NHSD-Session-URID': role },
      '/Patient?family=A',
    );
    assert.deepEqual(
      Object.keys(headers).filter((name) => /urid|identity|privileged|custom|login/.test(name)),
      [],
    );
    assert.equal(query, 'family=A&_max-results=1');
  });

  test("contain the attributes of a privileged application's registration", async () => {
    const flow = {
      'apim-app-flow-vars': '{"pds":{"custom-attributes":{"return-empty-address-lines":"true"}}}',
    };
    await gateway.addApplication('flow', flow, ['pds']);
    const { headers } = await heard(
      await gateway.issue({ applicationId: 'flow', scope: scopes.privileged }),
      forged,
    );
    assert.equal(headers['nhse-pds-privileged-access'], 'true');
    assert.equal(headers['nhse-pds-custom-attributes'], '{"return-empty-address-lines":"true"}');
    assert.equal(headers['nhsd-asid'], undefined);
  });

  const citizen = (attributes: Record<string, string>) =>
    gateway.issue({
      scope: scopes.patient,
      attributes: {
        auth_provider: 'nhs-login',
        auth_user_id: '9912003071',
        'id_token-identity-proofing-level': 'P9',
        ...attributes,
      },
    });

  test("contain a citizen's proofing level and NHS number", async () => {
    const token = await citizen({});
    const { headers } = await heard(token, forged, '/Patient/9912003071');
    assert.equal(headers['nhsd-nhslogin-user'], 'P9:9912003071');
    assert.equal(headers['nhsd-session-urid'], undefined);
  });

  // biome-ignore format: a table reads best one row a line
  const citizens: [string, Record<string, string>, string, string, number][] = [
    ['the own record', { 'id_token-vot': 'P9.Cp.Cd' }, 'GET', '/Patient/9912003071', 200],
    ['the own related people', { 'id_token-vot': 'P9.Cm' }, 'GET', '/Patient/9912003071/RelatedPerson', 200],
    ["somebody else's record", {}, 'GET', '/Patient/9000000009', 403],
    ["somebody else's related people", {}, 'GET', '/Patient/9000000009/RelatedPerson', 403],
    ['a search', {}, 'GET', '/Patient?family=Meadows&birthdate=1961-04-21', 403],
    ['a creation', {}, 'POST', '/Patient', 403],
    ['a weaker vector of trust', { 'id_token-vot': 'P9.Cp' }, 'GET', '/Patient/9912003071', 403],
    ['a sign-in without a number', { auth_user_id: 'a-subject' }, 'GET', '/Patient/9912003071', 403],
    ['a sign-in without a number, and a path without one', { auth_user_id: '' }, 'GET', '/Patient/', 403],
  ];
  for (const [name, attributes, method, path, status] of citizens)
    test(`returns ${status} for a citizen and ${name}`, async () => {
      const token = await citizen(attributes);
      assert.equal((await gateway.call(pdsBase + path, { method, token })).status, status);
    });
});
