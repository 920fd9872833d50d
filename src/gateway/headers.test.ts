import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { createListener, everyMethod, type Listener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import fc from 'fast-check';
import { makePds } from './apis/pds/index.ts';
import { readAuthorization } from './bearer.ts';
import { apiEndpoint } from './endpoint.ts';
import { pdsBase, type RunningGateway, requestId, role, scopes, startGateway } from './gateway.fixture.ts';
import { answerable, passable, readHeaders } from './headers.ts';

const identity = [
  'NHSD-Identity-UUID',
  'NHSD-Identity-IdP',
  'NHSD-ASID',
  'NHSD-NHSLogin-User',
  'NHSD-Request-ID',
  'NHSD-Correlation-ID',
  'NHSD-Application-Id',
  'NHSD-Party-Key',
  'NHSD-Scope',
  'NHSD-Connection-Metadata',
  'NHSE-PDS-Custom-Attributes',
  'NHSE-PDS-Privileged-Access',
  'x-ers-user-id',
  'x-ers-access-mode',
  'XAPI_ASID',
  'x-sync-wrapped',
  'Prefer',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'Forwarded',
  'X-Real-IP',
  'X-Original-URL',
  'NHSD_Identity_UUID',
  'nhse_pds_privileged_access',
  'nHsD-iDeNtItY-uUiD',
  'Cookie',
];

describe('reading headers', () => {
  test('a repeated header of identity or routing is refused, in any spelling', () => {
    for (const name of [
      'Authorization',
      'X-Request-ID',
      'NHSD-Session-URID',
      'Content-Type',
      'If-Match',
      'Host',
    ])
      assert.throws(
        () => readHeaders([name, 'a', 'X', '1', name.toUpperCase(), 'a']),
        (thrown) =>
          thrown instanceof Refusal &&
          thrown.entry.id === 'gateway.repeatedHeader' &&
          thrown.entry.status === 400,
        name,
      );
  });

  test('other repeated headers are joined in order', () => {
    assert.equal(readHeaders(['Accept', 'a', 'accept', 'b']).get('accept'), 'a, b');
  });

  test('headers of the connection, and those that Connection names, are not passed', () => {
    const headers = readHeaders([
      'Connection',
      'keep-alive, X-Secret',
      'X-Secret',
      '1',
      'TE',
      'trailers',
      'Upgrade',
      'h2c',
      'Accept',
      '*/*',
    ]);
    assert.deepEqual([...headers], [['accept', '*/*']]);
  });

  test('no identity header of a client gets through, whatever its spelling', () => {
    for (const name of identity) assert.deepEqual([...passable(readHeaders([name, 'x']), [])], [], name);
  });

  test('a header that an API takes from its clients passes in its own spelling alone', () => {
    const taken = ['nhsd-end-user-organisation-ods'];
    const headers = readHeaders([
      'NHSD-End-User-Organisation-ODS',
      'A1',
      'NHSD_End_User_Organisation_ODS',
      'B2',
    ]);
    assert.deepEqual([...passable(headers, taken)], [['nhsd-end-user-organisation-ods', 'A1']]);
  });

  test('whatever is sent: nothing forgeable passes, and nothing throws but the refusal', () => {
    const name = fc.oneof(
      fc.constantFrom(...identity),
      fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
    );
    const raw = fc.array(fc.tuple(name, fc.string({ maxLength: 20 })), { maxLength: 12 });
    fc.assert(
      fc.property(raw, (pairs) => {
        try {
          for (const passed of passable(readHeaders(pairs.flat()), []).keys())
            assert.doesNotMatch(
              passed.replaceAll('_', '-'),
              /^(nhsd-|nhse-|x-forwarded-|authorization$|x-sync-wrapped$|prefer$|connection$)/,
            );
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal, String(thrown));
        }
      }),
    );
  });

  test("a back end's own headers do not reach a client", () => {
    assert.deepEqual(
      answerable({
        etag: '1',
        'Nhse-Pds-Custom-Attributes': '{}',
        'NHSD-ASID': '1',
        'Transfer-Encoding': 'chunked',
      }),
      { etag: '1' },
    );
  });
});

describe('reading Authorization', () => {
  test('whatever is sent: a token of the Bearer scheme, or one of the published refusals', () => {
    const published = /^gateway\.(missingAuthorization|emptyAuthorization|missingToken|wrongTokenType)$/;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `Bearer ${rest}`),
        ),
        (header) => {
          try {
            const { scheme, token } = readAuthorization(header);
            assert.equal(scheme.toLowerCase(), 'bearer');
            assert.ok(token.length > 0 && !/^[ \t]/.test(token));
          } catch (thrown) {
            assert.ok(thrown instanceof Refusal && published.test(thrown.entry.id), String(thrown));
            assert.ok(!(header.trim().length > 3 && thrown.detail.includes(header.trim())));
          }
        },
      ),
    );
  });
});

describe('what a back end is told', () => {
  let gateway: RunningGateway;
  let echo: Listener;
  let port: number;

  before(async () => {
    gateway = await startGateway();
    const api = makePds(gateway.dependencies);
    const endpoint = apiEndpoint(
      {
        ...api,
        backEnd: async ({ headers, query }) => json(200, { headers: Object.fromEntries(headers), query }),
      },
      gateway.dependencies,
    );
    echo = createListener([{ methods: everyMethod, path: `${pdsBase}/*`, endpoint }], {
      name: 'echo',
      log: silentLog,
    });
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

  test('a healthcare worker: who, from which provider, in which role, from which application', async () => {
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
        'nhsd-request-id': requestId,
        'nhsd-end-user-organisation-ods': 'A1',
      },
    );
    assert.match(correlation ?? '', new RegExp(`^${requestId}\\.c1\\.[0-9a-f-]{36}$`));
    assert.ok(!Object.values(headers).includes('forged'));
  });

  test('an application: no person, no role, and one result where it says nothing', async () => {
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

  test('a privileged application, and the attributes of its registration', async () => {
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

  const idTokenOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const citizen = (claims: object) =>
    gateway.issue({
      scope: scopes.patient,
      attributes: { auth_provider: 'nhs-login', id_token: idTokenOf(claims) },
    });

  test('a citizen: level of proof and own number', async () => {
    const token = await citizen({ nhs_number: '9912003071', identity_proofing_level: 'P9', vot: 'P9.Cp.Cd' });
    const { headers } = await heard(token, forged, '/Patient/9912003071');
    assert.equal(headers['nhsd-nhslogin-user'], 'P9:9912003071');
    assert.equal(headers['nhsd-session-urid'], undefined);
  });

  // biome-ignore format: a table reads best one row a line
  const citizens: [string, object, string, string, number][] = [
    ['the own record', { vot: 'P9.Cp.Cd' }, 'GET', '/Patient/9912003071', 200],
    ['the own related people', { vot: 'P9.Cm' }, 'GET', '/Patient/9912003071/RelatedPerson', 200],
    ["somebody else's record", { vot: 'P9.Cp.Cd' }, 'GET', '/Patient/9000000009', 403],
    ["somebody else's related people", { vot: 'P9.Cp.Cd' }, 'GET', '/Patient/9000000009/RelatedPerson', 403],
    ['a search', { vot: 'P9.Cp.Cd' }, 'GET', '/Patient?family=Meadows&birthdate=1961-04-21', 403],
    ['a creation', { vot: 'P9.Cp.Cd' }, 'POST', '/Patient', 403],
    ['a weaker vector of trust', { vot: 'P9.Cp' }, 'GET', '/Patient/9912003071', 403],
    ['a sign-in without a number', { vot: 'P9.Cp.Cd', nhs_number: undefined }, 'GET', '/Patient/9912003071', 403],
    ['a sign-in without a number, and a path without one', { nhs_number: undefined }, 'GET', '/Patient/', 403],
  ];
  for (const [name, claims, method, path, status] of citizens)
    test(`a citizen and ${name}: ${status}`, async () => {
      const token = await citizen({ nhs_number: '9912003071', identity_proofing_level: 'P9', ...claims });
      assert.equal((await gateway.call(pdsBase + path, { method, token })).status, status);
    });
});

describe('smuggling', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  /** Sends bytes as they stand and gives the status line back; empty when the connection was closed on them. */
  const send = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(gateway.port, '127.0.0.1', () => socket.end(text));
      let heard = '';
      socket.on('data', (part) => {
        heard += part.toString('latin1');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(heard.split('\r\n')[0] ?? ''));
    });

  const request = (lines: readonly string[], body = '') =>
    send(
      [`GET ${pdsBase}/Patient/9000000009 HTTP/1.1`, 'Host: a', 'Connection: close', ...lines, '', body].join(
        '\r\n',
      ),
    );

  test('two Authorization headers, of which one is good: refused', async () => {
    const good = `Authorization: Bearer ${await gateway.issue()}`;
    for (const lines of [
      [good, 'Authorization: Bearer x'],
      ['authorization: Bearer x', good],
      [good, good],
    ])
      assert.match(await request(lines), /^HTTP\/1\.1 400 /);
  });

  test('Connection that names Authorization takes it away', async () => {
    const good = `Authorization: Bearer ${await gateway.issue()}`;
    assert.match(await request([good, 'Connection: authorization']), /^HTTP\/1\.1 401 /);
  });

  test('two lengths, a length beside chunks, a folded or malformed header: 4xx', async () => {
    for (const lines of [
      ['Content-Length: 0', 'Content-Length: 5'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['X-A: b', ' folded'],
      ['X A: b'],
      ['X-A\0: b'],
    ])
      assert.match(await request(lines), /^HTTP\/1\.1 4\d\d /, lines.join('|'));
  });
});
