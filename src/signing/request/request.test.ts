import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';
import { clientId, documents, gp, Prescriber } from '../testing/prescriber.ts';

const now = () => Math.floor(Date.now() / 1_000);
const far = 4_000_000_000;

/** A damaged request: the claims, header or key that differ from a valid one. */
interface Damage {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: KeyObject;
  body?: string;
  query?: string;
  headers?: Record<string, string | undefined>;
}

const other = generateKeyPairSync('rsa', { modulusLength: 4_096 }).privateKey;
const short = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const large = Buffer.alloc(65_537).toString('base64');
const [document] = documents();

/** One row for each refusal, in the order of the checks: input, status, error, description. */
const rows: readonly [name: string, damage: Damage, status: number, error: string, description: RegExp][] = [
  [
    'another media type',
    { headers: { 'content-type': 'application/json' } },
    415,
    'invalid_request',
    /Content-Type/,
  ],
  ['no media type', { headers: { 'content-type': '' } }, 415, 'invalid_request', /Content-Type/],
  ['a long state', { query: `?state=${'s'.repeat(2_049)}` }, 400, 'invalid_request', /^state is longer/],
  ['a repeated state', { query: '?state=a&state=b' }, 400, 'invalid_request', /not well-formed/],
  ['a state that is no UTF-8', { query: '?state=%ED%A0%80' }, 400, 'invalid_request', /not well-formed/],
  ['no body', { body: '' }, 400, 'invalid_request', /compact JWS/],
  ['no JWS', { body: 'not.a-jws' }, 400, 'invalid_request', /compact JWS/],
  ['JSON', { body: '{"payloads":[]}' }, 400, 'invalid_request', /compact JWS/],
  ['alg RS256', { header: { alg: 'RS256' } }, 400, 'invalid_request', /'alg' header/],
  ['typ JWS', { header: { typ: 'JWS' } }, 400, 'invalid_request', /'typ' header/],
  ['no typ', { header: { typ: undefined } }, 400, 'invalid_request', /'typ' header/],
  ['no kid', { header: { kid: undefined } }, 400, 'invalid_request', /Missing 'kid'/],
  [
    'iss of another application',
    { claims: { iss: 'demo-combined-key-7Qm2Lx9TbV' } },
    400,
    'invalid_request',
    /'iss'/,
  ],
  ['no iss', { claims: { iss: undefined } }, 400, 'invalid_request', /'iss'/],
  ['an unknown kid', { header: { kid: 'demo-2' } }, 401, 'invalid_client', /'kid' header/],
  [
    'a key of 2048 bits',
    { header: { kid: 'short' }, key: short.privateKey },
    401,
    'invalid_client',
    /4096 bits/,
  ],
  ['the signature of another key', { key: other }, 401, 'invalid_client', /signature of the JWS/],
  ['sub of another person', { claims: { sub: '656005750105' } }, 400, 'invalid_request', /'sub'/],
  ['the client id as sub', { claims: { sub: clientId } }, 400, 'invalid_request', /'sub'/],
  ['no sub', { claims: { sub: undefined } }, 400, 'invalid_request', /'sub'/],
  [
    'another aud',
    { claims: { aud: 'https://example.test/signing-service' } },
    400,
    'invalid_request',
    /'aud'/,
  ],
  ['a list as aud', { claims: { aud: [] } }, 400, 'invalid_request', /'aud'/],
  ['no iat', { claims: { iat: undefined } }, 400, 'invalid_request', /'iat'/],
  ['iat in the future', { claims: { iat: far } }, 400, 'invalid_request', /'iat'/],
  ['no exp', { claims: { exp: undefined } }, 400, 'invalid_request', /must be a time/],
  ['text as exp', { claims: { exp: 'tomorrow' } }, 400, 'invalid_request', /must be a time/],
  ['exp in the past', { claims: { exp: 1 } }, 400, 'invalid_request', /has expired/],
  ['exp far in the future', { claims: { exp: far } }, 400, 'invalid_request', /more than 10 minutes/],
  ['no payloads', { claims: { payloads: undefined } }, 400, 'invalid_request', /1 to 250/],
  ['an empty list', { claims: { payloads: [] } }, 400, 'invalid_request', /1 to 250/],
  ['251 payloads', { claims: { payloads: documents(251) } }, 400, 'invalid_request', /1 to 250/],
  [
    'a payload without id',
    { claims: { payloads: [{ payload: 'YQ==' }] } },
    400,
    'invalid_request',
    /each needs an id/,
  ],
  ['a null payload', { claims: { payloads: [null] } }, 400, 'invalid_request', /each needs an id/],
  [
    'a long id',
    { claims: { payloads: [{ id: 'i'.repeat(201), payload: 'YQ==' }] } },
    400,
    'invalid_request',
    /each needs an id/,
  ],
  ['a repeated id', { claims: { payloads: [document, document] } }, 400, 'invalid_request', /distinct/],
  [
    'base64url',
    { claims: { payloads: [{ id: '1', payload: '-_8' }] } },
    400,
    'invalid_request',
    /must be base64/,
  ],
  [
    'an empty payload',
    { claims: { payloads: [{ id: '1', payload: '' }] } },
    400,
    'invalid_request',
    /must be base64/,
  ],
  [
    'a payload of 65537 bytes',
    { claims: { payloads: [{ id: '1', payload: large }] } },
    400,
    'invalid_request',
    /64 KB/,
  ],
  [
    'an unknown algorithm',
    { claims: { algorithm: 'RS512' } },
    400,
    'invalid_request',
    /must be RS1 or RS256/,
  ],
  ['no algorithm', { claims: { algorithm: undefined } }, 400, 'invalid_request', /must be RS1 or RS256/],
  ['RS1 without permission', { claims: { algorithm: 'RS1' } }, 400, 'invalid_request', /registration/],
];

describe('signature request', () => {
  let instance: TestInstance;
  let app: Prescriber;
  before(async () => {
    instance = await startInstance();
    const { platform } = await instance.api<{ platform: { jwks: { keys: object[] } } }>(
      'GET',
      '/applications/demo-prescriber',
    );
    const shortKey = { ...short.publicKey.export({ format: 'jwk' }), kid: 'short' };
    await instance.api('PATCH', '/applications/demo-prescriber', {
      platform: { jwks: { keys: [...platform.jwks.keys, shortKey] } },
    });
    app = await new Prescriber(instance).signIn();
  });
  after(() => instance.stop());

  const send = async ({ claims, header, key, body, query, headers }: Damage) =>
    app.request(body ?? (await app.jws(claims, { ...(header && { header }), ...(key && { key }) })), {
      ...(query && { query }),
      ...(headers && { headers }),
    });

  for (const [name, damage, status, error, description] of rows)
    test(`refuses ${name}`, async () => {
      const answer = await send(damage);
      assert.deepEqual([answer.status, answer.body.error], [status, error]);
      assert.match(answer.body.error_description ?? '', description);
      const id = answer.body.message_id ?? '';
      assert.equal(answer.headers.get('x-message-id'), id);
      const found = await instance.api<{ id: string }>('GET', `/refusals/${id}`);
      assert.ok(found, 'explain finds it');
    });

  test('reports the first of several mistakes, in the order of the table', async () => {
    const damages = rows
      .map(([, damage]) => damage)
      .filter(({ body, query, headers, key }) => !body && body !== '' && !query && !headers && !key);
    for (const [index, damage] of damages.slice(0, -1).entries()) {
      const next = damages[index + 1];
      const alone = await send(damage);
      const both = await send({
        claims: { ...next?.claims, ...damage.claims },
        header: { ...next?.header, ...damage.header },
      });
      assert.equal(both.body.error_description, alone.body.error_description);
    }
  });

  test('accepts both published audiences, an old iat, lower-case typ, state, and 250 payloads', async () => {
    const accepted: Damage[] = [
      { claims: { aud: `${instance.urls.api}/oauth2/token` } },
      { claims: { iat: now() - 600 } },
      { header: { typ: 'jwt' } },
      { query: '?state=eyJhIjoiYiJ9' },
      { headers: { 'content-type': 'text/plain; charset=utf-8' } },
      { claims: { payloads: documents(250) } },
      { claims: { payloads: [{ id: '1', payload: Buffer.alloc(65_536).toString('base64') }] } },
    ];
    for (const damage of accepted) {
      const { status, body } = await send(damage);
      assert.equal(status, 200, JSON.stringify(body));
      const { origin, pathname, search } = new URL(body.redirectUri ?? '');
      assert.equal(origin + pathname, `${instance.urls.api}/signing-service/presence`);
      assert.ok(search.startsWith('?'), 'clients append parameters');
    }
  });

  test('accepts one of twenty copies of a JWS', async () => {
    const jws = await app.jws();
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.request(jws)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const refused = answers.filter(({ status }) => status === 400);
    assert.equal(refused.length, 19);
    for (const { body } of refused) assert.equal(body.error_description, 'The JWS was used before');
  });

  test('accepts SHA-1 only where the registration names it, and refuses other values there', async () => {
    const id = '/applications/demo-prescriber';
    assert.equal((await instance.call('PATCH', id, { platform: { signingAlgorithms: [] } })).status, 400);
    assert.equal(
      (await instance.call('PATCH', id, { platform: { signingAlgorithms: ['RS512'] } })).status,
      400,
    );
    await instance.api('PATCH', id, { platform: { signingAlgorithms: ['RS256', 'RS1'] } });
    assert.equal((await send({ claims: { algorithm: 'RS1' } })).status, 200);
    await instance.api('PATCH', id, { platform: { signingAlgorithms: ['RS256'] } });
    assert.equal((await send({ claims: { algorithm: 'RS1' } })).status, 400);
  });

  test('refuses calls without a token of a user at AAL3 with the scope, in the shape of /oauth2', async () => {
    const anonymous = await new Prescriber(instance).request(await app.jws());
    assert.equal(anonymous.status, 401);
    assert.deepEqual(Object.keys(anonymous.body), ['error', 'error_description', 'message_id']);
    const without = await new Prescriber(instance).signIn('gp', 'demo-combined');
    assert.equal((await without.request(await app.jws())).status, 401);
    const low = await new Prescriber(instance).signIn('gp-aal2');
    assert.equal((await low.request(await app.jws({ sub: '656005750111' }))).status, 401);
  });

  test('refuses a body of more than 2 MB before it is read', async () => {
    const { status, body } = await app.request('a'.repeat(2_097_153));
    assert.deepEqual([status, body.error], [413, 'body_too_large']);
  });

  test('answers _ping, and other paths and methods with an error', async () => {
    const { status, body } = await app.call('/_ping');
    assert.deepEqual([status, Object.keys(body)], [200, ['version', 'revision', 'releaseId', 'commitId']]);
    assert.equal((await app.call('/signaturerequest')).status, 405);
    assert.equal((await app.call('/other')).status, 404);
  });

  test('records each request and each refusal in the audit log', async () => {
    const { records } = await instance.api<{
      records: { action: string; actor: string; application: string; detail: Record<string, unknown> }[];
    }>('GET', '/audit?action=signing.requested&limit=1');
    assert.equal(records[0]?.actor, gp);
    assert.equal(records[0]?.application, 'demo-prescriber');
    const refused = await instance.api<{ records: { detail: { error: string } }[] }>(
      'GET',
      '/audit?action=signing.refused',
    );
    assert.ok(refused.records.some(({ detail }) => detail.error === 'signing.replayed'));
  });
});
