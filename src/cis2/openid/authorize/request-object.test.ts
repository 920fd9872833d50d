import assert from 'node:assert/strict';
import { createHmac, createPrivateKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import fc from 'fast-check';
import { CompactEncrypt, importJWK } from 'jose';
import { Browser, type Reply } from '../../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';
import { beginWith, requestUriOf, type StrongClient, strongClient } from '../../testing/strong-client.ts';

let cis2: Instance;
let client: StrongClient;
let strict: StrongClient;
before(async () => {
  cis2 = await startInstance();
  client = await strongClient(cis2);
  strict = await strongClient(cis2, { profile: 'fapi2', boundTokens: 'dpop' });
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const now = () => Math.floor(cis2.clock.now() / 1000);
const send = (object: string, more: Record<string, string> = {}, who = client): Promise<Reply> =>
  new Browser().get(beginWith(cis2, who, { request: object, ...more }));
const redirectUri = () => client.registration.redirectUris[0] ?? '';

describe('a request object by value (RFC 9101)', () => {
  test('replaces all parameters outside it', async () => {
    const browser = new Browser();
    const object = await client.requestObject({ state: 'inside', scope: 'openid email', max_age: 300 });
    const outside = {
      state: 'outside',
      scope: 'openid profile',
      nonce: 'outside',
      redirect_uri: 'https://evil.example/',
    };
    const hop = await browser.get(beginWith(cis2, client, { request: object, ...outside }));
    const back = await browser.get(await cis2.agent.answer(hop.location));
    assert.ok(back.location.startsWith(`${redirectUri()}?`));
    assert.equal(new URL(back.location).searchParams.get('state'), 'inside');
    const answer = JSON.parse((await client.redeem(codeOf(back))).body);
    assert.equal(answer.scope, 'openid email');
    const claims = JSON.parse(Buffer.from(answer.id_token.split('.')[1], 'base64url').toString());
    assert.equal(claims.nonce, 'nonce-1');
  });

  test('does not return a state that is only outside it', async () => {
    const object = await client.requestObject({ state: undefined, prompt: 'none' });
    const reply = await send(object, { state: 'outside' });
    assert.ok(!new URL(reply.location).searchParams.has('state'));
  });

  test('is refused together with a request_uri (RFC 9101 section 5)', async () => {
    const pushed = requestUriOf(await client.push());
    for (const request_uri of [pushed, 'https://app.example.test/request']) {
      const outside = { request_uri, redirect_uri: redirectUri(), state: 'outside' };
      const reply = await send(await client.requestObject({ prompt: 'none' }), outside);
      const { error, state } = Object.fromEntries(new URL(reply.location).searchParams);
      assert.deepEqual([error, state], ['invalid_request', 'outside']);
    }
  });

  test('may have structured claims and resources, several audiences, and either typ or none', async () => {
    for (const [claims, header] of [
      [{ claims: { userinfo: { email: { essential: true } } } }, {}],
      [{ aud: [cis2.issuer, 'https://other.example'] }, {}],
      [{}, { typ: undefined }],
      [{}, { typ: 'JWT' }],
      [{}, { kid: undefined }],
      [{ nbf: now() + 8 }, {}],
      [{ nbf: undefined }, {}],
    ] as const)
      assert.equal(
        (await send(await client.requestObject(claims, header))).status,
        302,
        JSON.stringify(claims),
      );
  });

  const refused: [string, () => Promise<string>][] = [
    ['no exp', () => client.requestObject({ exp: undefined })],
    ['an exp of the past', () => client.requestObject({ exp: now() - 60 })],
    ['an exp that is text', () => client.requestObject({ exp: String(now() + 60) })],
    ['an exp more than an hour after nbf', () => client.requestObject({ exp: now() + 3_700 })],
    ['an nbf more than an hour ago', () => client.requestObject({ nbf: now() - 4_200 })],
    ['an nbf in the future', () => client.requestObject({ nbf: now() + 70 })],
    ['no aud', () => client.requestObject({ aud: undefined })],
    ['another aud', () => client.requestObject({ aud: 'https://other.example' })],
    ['the address of the endpoint as aud', () => client.requestObject({ aud: `${cis2.issuer}/authorize` })],
    ['no iss', () => client.requestObject({ iss: undefined })],
    ['another iss', () => client.requestObject({ iss: strict.registration.clientId })],
    ['another client_id inside', () => client.requestObject({ client_id: strict.registration.clientId })],
    ['no client_id inside', () => client.requestObject({ client_id: undefined })],
    ['another request object inside', () => client.requestObject({ request: 'x.y.z' })],
    ['a request_uri inside', () => client.requestObject({ request_uri: 'https://app.example.test/r' })],
    ['the type of another token', () => client.requestObject({}, { typ: 'at+jwt' })],
    ['an unknown kid', () => client.requestObject({}, { kid: 'x' })],
    ['a kid that is a number', () => client.requestObject({}, { kid: 1 })],
    ['a critical header', () => client.requestObject({}, { crit: ['x'], x: 1 })],
    ['the client assertion', () => client.assertion()],
    [
      'the signature of somebody else',
      async () => client.requestObject({}, {}, createPrivateKey((await newKeyPair('ES256')).privatePem)),
    ],
    [
      'alg none',
      async () => {
        const [, claims] = (await client.requestObject()).split('.');
        return `${Buffer.from('{"alg":"none","kid":"key-1"}').toString('base64url')}.${claims}.`;
      },
    ],
    [
      'HS256 with the public key as secret',
      async () => {
        const [, claims] = (await client.requestObject()).split('.');
        const signed = `${Buffer.from('{"alg":"HS256","kid":"key-1"}').toString('base64url')}.${claims}`;
        const mac = createHmac('sha256', JSON.stringify(client.publicJwk)).update(signed);
        return `${signed}.${mac.digest('base64url')}`;
      },
    ],
    [
      'an encrypted object without a signature inside (CVE-2026-9793)',
      async () => {
        const { keys } = await cis2.keys.jwks();
        const key = await importJWK(
          { ...keys.find(({ kty }) => kty === 'RSA'), alg: 'RSA-OAEP' },
          'RSA-OAEP',
        );
        const claims = new TextEncoder().encode(JSON.stringify(client.ask()));
        return new CompactEncrypt(claims)
          .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
          .encrypt(key);
      },
    ],
  ];
  for (const [name, object] of refused)
    test(`is refused: ${name}`, async () => {
      const page = await send(await object());
      assert.deepEqual([page.status, page.location], [400, '']);
      const back = await send(await object(), { redirect_uri: redirectUri(), state: 's' });
      const { error, state, iss } = Object.fromEntries(new URL(back.location).searchParams);
      assert.deepEqual([error, state, iss], ['invalid_request_object', 's', cis2.issuer]);
      const pushed = await client.post('/par', { request: await object() });
      assert.equal(pushed.status, 400);
      assert.equal(JSON.parse(pushed.body).error, 'invalid_request_object');
    });

  test('gets a page when its address is not registered', async () => {
    const reply = await send(await client.requestObject({ redirect_uri: 'https://evil.example/' }));
    assert.deepEqual([reply.status, reply.location], [400, '']);
    assert.equal((await send(await client.requestObject({ redirect_uri: undefined }))).status, 400);
  });

  test('is refused in the response mode of the request outside', async () => {
    const more = { redirect_uri: redirectUri(), response_mode: 'form_post' };
    const reply = await send('no.object.here', more);
    assert.equal(reply.status, 200);
    assert.match(reply.body, /name="error" value="invalid_request_object"/);
  });

  test('has the same limits for its values', async () => {
    assert.match((await send(await client.requestObject({ nonce: 'x'.repeat(1_025) }))).body, /too long/);
  });

  test('is refused by name in the published profile', async () => {
    const nhs = await cis2.register();
    const reply = await new Browser().get(cis2.authorizeUrl(nhs, { request: await client.requestObject() }));
    assert.equal(new URL(reply.location).searchParams.get('error'), 'request_not_supported');
  });

  test('is not fetched from another reference', async () => {
    const address = cis2.authorizeUrl(client.registration, {
      ...client.ask(),
      request_uri: 'https://app.example.test/r',
    });
    const reply = await new Browser().get(address);
    assert.equal(new URL(reply.location).searchParams.get('error'), 'request_uri_not_supported');
  });
});

test('a request object by another algorithm than the registered one is refused', async () => {
  const rsa = await strongClient(cis2, { signingAlg: '', requestObjectSigningAlg: 'PS256' }, 'RS256');
  const reply = await send(await rsa.requestObject(), {}, rsa);
  assert.equal(reply.status, 400);
  assert.match(reply.body, /allowed is PS256/);
});

describe('clients that must sign their requests', () => {
  test('may send only signed requests, by browser and pushed', async () => {
    const must = await strongClient(cis2, { signedRequests: 'required' });
    const plain = await new Browser().get(cis2.authorizeUrl(must.registration, must.ask()));
    assert.equal(new URL(plain.location).searchParams.get('error'), 'invalid_request');
    assert.equal((await must.push()).status, 400);
    assert.equal((await send(await must.requestObject(), {}, must)).status, 302);
    const pushed = await must.post('/par', { request: await must.requestObject() });
    assert.equal(
      (await new Browser().get(beginWith(cis2, must, { request_uri: requestUriOf(pushed) }))).status,
      302,
    );
  });
});

test('a pushed request object is opened once and replaces the request', async () => {
  const object = await client.requestObject({ state: 'inside' });
  const pushed = await client.post('/par', {
    request: object,
    state: 'outside',
    redirect_uri: 'https://evil.example/',
  });
  assert.equal(pushed.status, 201, pushed.body);
  const browser = new Browser();
  const hop = await browser.get(beginWith(cis2, client, { request_uri: requestUriOf(pushed) }));
  const back = await browser.get(await cis2.agent.answer(hop.location));
  assert.equal(new URL(back.location).searchParams.get('state'), 'inside');
});

test('any request object gets a page, a redirect to the client, or the next step', async () => {
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
  );
  const name = fc.constantFrom(
    'scope',
    'response_type',
    'state',
    'claims',
    'prompt',
    'max_age',
    'exp',
    'aud',
    'iss',
    'resource',
    'x',
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value), async (claims) => {
      const reply = await send(await client.requestObject(claims));
      assert.ok([302, 400].includes(reply.status), `${reply.status}`);
      if (reply.status === 302)
        assert.ok(
          reply.location.startsWith(cis2.origin) ||
            reply.location.startsWith(redirectUri()) ||
            reply.location.includes('65533'),
        );
    }),
    { numRuns: 60 },
  );
});
