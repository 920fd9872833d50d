import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import fc from 'fast-check';
import { RemoteKeys } from '../../../oauth/remote-keys.ts';
import { verifyUpstream } from './id-token.ts';
import type { FederatedProvider } from './provider.ts';
import { FederationProblem } from './upstream.ts';

const issuer = 'https://mail.example.test';
const now = 1_800_000_000;
const clock = new ManualClock(now * 1000);
const provider: FederatedProvider = {
  id: 'federated',
  label: 'Example Mail',
  issuer,
  clientId: 'alongside',
  authentication: { secret: '' },
  scope: 'openid',
  acr: ['second-factor'],
  nameClaim: 'email',
};
const good = {
  iss: issuer,
  sub: 'ada',
  aud: 'alongside',
  exp: now + 300,
  iat: now,
  auth_time: now - 100,
  nonce: 'the nonce',
  acr: 'second-factor',
  email: 'ada@mail.example.test',
};

let key: KeyObject;
let otherKey: KeyObject;
let rsaKey: KeyObject;
let jwksUri: string;
let keys: RemoteKeys;
const server = createServer();
before(async () => {
  const [pair, other, rsa] = await Promise.all([
    newKeyPair('ES256'),
    newKeyPair('ES256'),
    newKeyPair('RS256'),
  ]);
  [key, otherKey, rsaKey] = [pair, other, rsa].map(({ privatePem }) => createPrivateKey(privatePem)) as [
    KeyObject,
    KeyObject,
    KeyObject,
  ];
  const set = {
    keys: [
      { ...pair.publicJwk, kid: 'one' },
      { ...rsa.publicJwk, kid: 'rsa' },
    ],
  };
  server.on('request', (_request, response) => response.end(JSON.stringify(set)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  keys = new RemoteKeys(clock, { privateAddresses: true });
});
after(() => new Promise<void>((resolve) => server.close(() => resolve())));

const verify = (token: string, maxAge = 43_200) =>
  verifyUpstream(
    token,
    {
      provider,
      metadata: {
        authorizationEndpoint: '',
        tokenEndpoint: '',
        jwksUri,
        algorithms: ['ES256'],
        sendsIssuer: true,
      },
      nonce: 'the nonce',
      maxAge,
    },
    keys,
    clock,
  );
const signed = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, by = key) =>
  signJwt({ alg: 'ES256', kid: 'one', ...header } as never, { ...good, ...claims }, by);
const refused = async (token: string, maxAge?: number) =>
  verify(token, maxAge).then(
    () => 'taken',
    (error) => (error instanceof FederationProblem ? error.problem : error),
  );

test('returns the user and the time of a valid ID token', async () => {
  assert.deepEqual(await verify(await signed({})), {
    lookup: `${issuer}|ada`,
    name: 'ada@mail.example.test',
    authenticatedAt: (now - 100) * 1000,
  });
});

describe('claims of an ID token (OpenID Connect Core section 3.1.3.7)', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['another issuer', { iss: 'https://evil.example.test' }, 'refused'],
    ['an issuer with an additional slash', { iss: `${issuer}/` }, 'refused'],
    ['another audience', { aud: 'somebody' }, 'refused'],
    ['a missing audience', { aud: undefined }, 'refused'],
    ['several audiences without azp', { aud: ['alongside', 'somebody'] }, 'refused'],
    ['several audiences with another azp', { aud: ['alongside', 'somebody'], azp: 'somebody' }, 'refused'],
    ['several audiences with our azp', { aud: ['alongside', 'somebody'], azp: 'alongside' }, 'taken'],
    ['another azp', { azp: 'somebody' }, 'refused'],
    ['an expired token', { exp: now - 60 }, 'refused'],
    ['a token that expired within the skew', { exp: now - 59 }, 'taken'],
    ['exp as a string', { exp: String(now + 300) }, 'refused'],
    ['a missing exp', { exp: undefined }, 'refused'],
    ['a token from the future', { iat: now + 61 }, 'refused'],
    ['an old token', { iat: now - 601 }, 'refused'],
    ['a missing iat', { iat: undefined }, 'refused'],
    ['another nonce', { nonce: 'another' }, 'refused'],
    ['a missing nonce', { nonce: undefined }, 'refused'],
    ['nonce as a list', { nonce: ['the nonce'] }, 'refused'],
    ['a missing auth_time', { auth_time: undefined }, 'refused'],
    ['a future auth_time', { auth_time: now + 61 }, 'refused'],
    ['an old auth_time', { auth_time: now - 43_261 }, 'refused'],
    ['a missing sub', { sub: undefined }, 'refused'],
    ['an empty sub', { sub: '' }, 'refused'],
    ['a sub that is not a string', { sub: 7 }, 'refused'],
    ['a long sub', { sub: 'x'.repeat(256) }, 'refused'],
    ['a lower acr', { acr: 'one-factor' }, 'tooLow'],
    ['a missing acr', { acr: undefined }, 'tooLow'],
    ['acr as a list', { acr: ['second-factor'] }, 'tooLow'],
    ['a missing name', { email: undefined }, 'taken'],
  ];
  for (const [name, claims, outcome] of cases)
    test(`${outcome === 'taken' ? 'accepts' : `reports ${outcome} for`} ${name}`, async () =>
      assert.equal(await refused(await signed(claims)), outcome));
  test('refuses an earlier sign-in after max_age=0', async () => {
    assert.equal(await refused(await signed({ auth_time: now - 61 }), 0), 'refused');
    assert.equal(await refused(await signed({ auth_time: now - 5 }), 0), 'taken');
  });
});

describe('attack: signatures of an ID token', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test('refuses alg none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', '', null, undefined])
      assert.equal(await refused(`${part({ alg, kid: 'one' })}.${part(good)}.`), 'refused');
  });
  test('refuses another key under the same kid, an unknown kid, and no kid', async () => {
    assert.equal(await refused(await signed({}, {}, otherKey)), 'refused');
    assert.equal(await refused(await signed({}, { kid: 'two' })), 'refused');
    assert.equal(await refused(await signed({}, { kid: undefined })), 'refused');
  });
  test('refuses a key in the header', async () => {
    const jwk = otherKey.export({ format: 'jwk' });
    assert.equal(await refused(await signed({}, { jwk, kid: undefined }, otherKey)), 'refused');
  });
  test('refuses an algorithm that the metadata do not list', async () => {
    assert.equal(await refused(await signed({}, { alg: 'RS256', kid: 'rsa' }, rsaKey)), 'refused');
  });
  test('refuses an algorithm that does not fit the key', async () => {
    assert.equal(await refused(await signed({}, { kid: 'rsa' })), 'refused');
  });
  test('refuses HS256 with the public key as the secret', async () => {
    assert.equal(await refused(`${part({ alg: 'HS256', kid: 'one' })}.${part(good)}.AAAA`), 'refused');
  });
  test('refuses claims that were changed after the signature', async () => {
    const [header, , signature] = (await signed({})).split('.');
    assert.equal(await refused(`${header}.${part({ ...good, sub: 'eve' })}.${signature}`), 'refused');
  });
  test('refuses another type of token', async () => {
    for (const typ of ['at+jwt', 'logout+jwt', 'JOSE', 7])
      assert.equal(await refused(await signed({}, { typ })), 'refused');
    assert.equal(await refused(await signed({}, { typ: 'jwt' })), 'taken');
  });
  test('refuses any text that is not a token', async () => {
    await fc.assert(fc.asyncProperty(fc.string(), async (text) => (await refused(text)) === 'refused'));
  });
});

test('reports an unreachable provider when its keys cannot be fetched', async () => {
  const gone = new RemoteKeys(clock, { privateAddresses: false });
  const metadata = {
    authorizationEndpoint: '',
    tokenEndpoint: '',
    jwksUri,
    algorithms: ['ES256'],
    sendsIssuer: true,
  };
  await assert.rejects(
    verifyUpstream(await signed({}), { provider, metadata, nonce: 'the nonce', maxAge: 0 }, gone, clock),
    (error) => error instanceof FederationProblem && error.problem === 'unreachable',
  );
});
