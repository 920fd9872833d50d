import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import { type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import type { Cis2Registration } from '../../../../oauth/applications.ts';
import { Browser, form, type Reply, send } from '../../../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../../../testing/instance.ts';
import { gp } from '../../../testing/people.ts';

const published = '{"error_description":"JWT is not valid","error":"invalid_client"}';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let cis2: Instance;
let rsa: KeyObject;
let ec: KeyObject;
let jwks: { keys: Record<string, unknown>[] };
const browser = new Browser();
const clients = new Map<SigningAlgorithm, Cis2Registration>();
let standard: Cis2Registration;

before(async () => {
  cis2 = await startInstance();
  await cis2.agent.signIn(gp.uid);
  const [rsaPair, ecPair] = await Promise.all([newKeyPair('RS256'), newKeyPair('ES256')]);
  rsa = createPrivateKey(rsaPair.privatePem);
  ec = createPrivateKey(ecPair.privatePem);
  jwks = {
    keys: [
      { ...rsaPair.publicJwk, kid: 'rsa' },
      { ...ecPair.publicJwk, kid: 'ec' },
    ],
  };
  for (const signingAlg of ['RS256', 'RS512', 'ES256', 'PS256'] as const)
    clients.set(
      signingAlg,
      await cis2.register({ tokenEndpointAuthMethod: 'private_key_jwt', signingAlg, jwks }),
    );
  standard = await cis2.register({
    profile: 'standard',
    tokenEndpointAuthMethod: 'private_key_jwt',
    signingAlg: 'ES256',
    jwks,
  });
});
after(() => cis2.stop());

const now = () => Math.floor(cis2.clock.now() / 1000);
const clientOf = (alg: SigningAlgorithm): Cis2Registration => clients.get(alg) as Cis2Registration;

interface Forgery {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: KeyObject;
}

function assertion(
  client: Cis2Registration,
  { header = {}, claims = {}, key }: Forgery = {},
): Promise<string> {
  const alg = client.signingAlg as SigningAlgorithm;
  const full = {
    iss: client.clientId,
    sub: client.clientId,
    aud: client.profile === 'nhs' ? `${cis2.issuer}/access_token` : cis2.issuer,
    jti: uuid(),
    iat: now(),
    exp: now() + 300,
    ...claims,
  };
  const own = alg === 'ES256' ? { kid: 'ec', key: ec } : { kid: 'rsa', key: rsa };
  return signJwt({ alg, kid: own.kid, ...header } as never, full, key ?? own.key);
}

async function redeem(
  client: Cis2Registration,
  jwt: string,
  more: Record<string, string> = {},
): Promise<Reply> {
  const code = codeOf(await cis2.signIn(browser, client));
  const body = form({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUris[0] ?? '',
    client_assertion_type: assertionType,
    client_assertion: jwt,
    ...more,
  });
  return send(
    'POST',
    `${cis2.issuer}/access_token`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  );
}

const refused = (reply: Reply, detail: RegExp) => {
  assert.equal(reply.status, 401);
  assert.equal(reply.body, published);
  assert.match(String(reply.headers['x-error-detail']), detail);
};

for (const alg of ['RS256', 'RS512', 'ES256', 'PS256'] as const)
  test(`private_key_jwt accepts ${alg}, with and without client_id`, async () => {
    const client = clientOf(alg);
    assert.equal((await redeem(client, await assertion(client))).status, 200);
    assert.equal((await redeem(client, await assertion(client), { client_id: client.clientId })).status, 200);
  });

describe('private_key_jwt errors with the published body', () => {
  type Case = [string, () => Forgery, RegExp];
  const cases: Case[] = [
    [
      'another algorithm than registered',
      () => ({ header: { alg: 'RS256' } }),
      /alg is RS256, expected is RS512/,
    ],
    [
      'an unknown kid',
      () => ({ header: { kid: 'x' } }),
      /no registered key has the kid x; registered kids are: rsa ec/,
    ],
    ['no kid', () => ({ header: { kid: undefined } }), /kid is missing/],
    ['a kid of another kind of key', () => ({ header: { kid: 'ec' } }), /signature/],
    ['the type of another token', () => ({ header: { typ: 'at+jwt' } }), /typ/],
    ['a critical header', () => ({ header: { crit: ['x'] } }), /cannot be read/],
    ['iss of somebody else', () => ({ claims: { iss: 'x' } }), /cannot be read/],
    ['no sub', () => ({ claims: { sub: undefined } }), /cannot be read/],
    ['sub and iss of an unknown client', () => ({ claims: { sub: 'x', iss: 'x' } }), /no approved client/],
    ['no aud', () => ({ claims: { aud: undefined } }), /aud/],
    ['the issuer as aud', () => ({ claims: { aud: cis2.issuer } }), /aud/],
    ['aud with a slash at its end', () => ({ claims: { aud: `${cis2.issuer}/access_token/` } }), /aud/],
    ['aud in a list', () => ({ claims: { aud: [`${cis2.issuer}/access_token`] } }), /aud/],
    ['no exp', () => ({ claims: { exp: undefined } }), /exp/],
    ['exp that is a string', () => ({ claims: { exp: String(now() + 60) } }), /exp/],
    ['exp in the past', () => ({ claims: { exp: now() - 10 } }), /exp is/],
    ['exp too far ahead', () => ({ claims: { exp: now() + 320 } }), /exp is/],
    ['iat in the future', () => ({ claims: { iat: now() + 30 } }), /iat/],
    ['nbf over 60 s ahead', () => ({ claims: { nbf: now() + 61 } }), /nbf/],
    ['no jti', () => ({ claims: { jti: undefined } }), /jti/],
    ['jti that is a number', () => ({ claims: { jti: 7 } }), /jti/],
    ['a very long jti', () => ({ claims: { jti: 'x'.repeat(257) } }), /jti/],
  ];
  for (const [name, forgery, detail] of cases)
    test(`refuses ${name}`, async () => {
      const client = clientOf('RS512');
      refused(await redeem(client, await assertion(client, forgery())), detail);
    });

  test('refuses alg none, and HS256 with the public key as secret', async () => {
    const client = clientOf('RS512');
    const [, claims = ''] = (await assertion(client)).split('.');
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    refused(await redeem(client, `${encode({ alg: 'none', kid: 'rsa' })}.${claims}.`), /alg is none/);
    const signed = `${encode({ alg: 'HS256', kid: 'rsa' })}.${claims}`;
    const mac = createHmac('sha256', JSON.stringify(jwks.keys[0])).update(signed).digest('base64url');
    refused(await redeem(client, `${signed}.${mac}`), /alg is HS256/);
  });
  test('refuses a changed signature', async () => {
    const client = clientOf('RS512');
    const [header, claims, signature = ''] = (await assertion(client)).split('.');
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    refused(await redeem(client, `${header}.${claims}.${flipped}`), /signature/);
  });
  test('refuses another or a missing type of assertion', async () => {
    const client = clientOf('RS512');
    refused(
      await redeem(client, await assertion(client), { client_assertion_type: 'x' }),
      /client_assertion_type/,
    );
    refused(await redeem(client, ''), /cannot be read/);
  });
  test('refuses another client_id in the form', async () => {
    const client = clientOf('RS512');
    refused(await redeem(client, await assertion(client), { client_id: standard.clientId }), /client_id/);
  });
  test('refuses a client that registered a secret', async () => {
    const client = await cis2.register({ jwks });
    refused(await redeem(client, await assertion(client)), /registered client_secret_post/);
  });
});

describe('the jti of an assertion', () => {
  const used = /the jti .* was used before/;
  const userinfo = async (token: unknown): Promise<number> =>
    (await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` })).status;

  test('is spent by a request that gets tokens', async () => {
    const client = clientOf('RS512');
    const jwt = await assertion(client);
    assert.equal((await redeem(client, jwt)).status, 200);
    refused(await redeem(client, jwt), used);
  });
  test('is spent by a request that a later check refuses', async () => {
    const client = clientOf('RS512');
    const jwt = await assertion(client);
    const late = await redeem(client, jwt, { redirect_uri: 'https://other.example.test/' });
    assert.equal(JSON.parse(late.body).error, 'invalid_grant');
    refused(await redeem(client, jwt), used);
  });
  test('is not spent by an assertion with an invalid signature', async () => {
    const client = clientOf('RS512');
    const jti = uuid();
    const other = createPrivateKey((await newKeyPair('RS512')).privatePem);
    refused(await redeem(client, await assertion(client, { claims: { jti }, key: other })), /signature/);
    assert.equal((await redeem(client, await assertion(client, { claims: { jti } }))).status, 200);
  });
  test('gets tokens once for concurrent requests with different codes', async () => {
    const client = clientOf('RS512');
    const jwt = await assertion(client);
    const codes: string[] = [];
    for (let n = 0; n < 4; n++) codes.push(codeOf(await cis2.signIn(browser, client)));
    const replies = await Promise.all(codes.map((code) => redeem(client, jwt, { code })));
    const [first, ...others] = replies.sort((a, b) => a.status - b.status);
    assert.equal(first?.status, 200);
    for (const reply of others) refused(reply, used);
  });
  test('is reported before a reused code, without revoking tokens', async () => {
    const client = clientOf('RS512');
    const code = codeOf(await cis2.signIn(browser, client));
    const jwt = await assertion(client);
    const tokens = JSON.parse((await redeem(client, jwt, { code })).body);
    cis2.clock.advance(11);
    refused(await redeem(client, jwt, { code }), used);
    assert.equal(await userinfo(tokens.access_token), 200);
    const reused = await redeem(client, await assertion(client), { code });
    assert.match(String(reused.headers['x-error-detail']), /its tokens are revoked/);
    assert.equal(await userinfo(tokens.access_token), 401);
  });
});

test('fetches the keys of a client, and once more for an unknown kid', async () => {
  let served = { keys: [jwks.keys[0]] };
  let fetches = 0;
  const server = createServer((_, response) => {
    fetches += 1;
    response.end(JSON.stringify(served));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  try {
    const client = await cis2.register({
      tokenEndpointAuthMethod: 'private_key_jwt',
      signingAlg: 'RS256',
      jwksUrl,
    });
    assert.equal((await redeem(client, await assertion(client))).status, 200);
    assert.equal((await redeem(client, await assertion(client))).status, 200);
    assert.equal(fetches, 1);
    served = { keys: [{ ...jwks.keys[0], kid: 'new' }] };
    assert.equal((await redeem(client, await assertion(client, { header: { kid: 'new' } }))).status, 200);
    assert.equal(fetches, 2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe('an assertion without kid, outside the published profile (OpenID Connect Core section 10.1)', () => {
  const header = { kid: undefined };

  test('is verified by the only registered key that fits', async () => {
    assert.equal((await redeem(standard, await assertion(standard, { header }))).status, 200);
    const other = createPrivateKey((await newKeyPair('ES256')).privatePem);
    refused(await redeem(standard, await assertion(standard, { header, key: other })), /another signature/);
  });

  test('is refused if several keys fit', async () => {
    const second = { ...(await newKeyPair('ES256')).publicJwk, kid: 'ec-2' };
    const client = await cis2.register({
      ...standard,
      clientId: uuid(),
      jwks: { keys: [...jwks.keys, second] } as never,
    });
    refused(
      await redeem(client, await assertion(client, { header })),
      /kid is missing, and not exactly one registered key is for ES256/,
    );
  });

  test('is verified by the key that is at the address now', async () => {
    const next = await newKeyPair('ES256');
    let served = jwks.keys[1];
    const server = createServer((_, response) => void response.end(JSON.stringify({ keys: [served] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
      const client = await cis2.register({ ...standard, clientId: uuid(), jwks: null, jwksUrl });
      assert.equal((await redeem(client, await assertion(client, { header }))).status, 200);
      served = next.publicJwk;
      cis2.clock.advance(5);
      const key = createPrivateKey(next.privatePem);
      assert.equal((await redeem(client, await assertion(client, { header, key }))).status, 200);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
