import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { signClientAssertion } from './client-authentication.ts';
import { publicKeySet, type SigningAlgorithm, type SigningKey } from './keys.ts';
import { testClock } from './testing/clock.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const clock = testClock();
const currentDate = new Date(clock.now());

const assertion = (key: SigningKey, alg: SigningAlgorithm) =>
  signClientAssertion({ clientId: 'app', audience: 'https://as.example/token', key, alg, clock });

describe('signing keys', () => {
  for (const alg of ['RS256', 'RS512', 'PS256', 'ES256'] as const) {
    test(`sign a client assertion with ${alg}`, async () => {
      const { privateKey } = alg === 'ES256' ? ec : rsa;
      const key = { kid: 'k', privateKey };
      const keys = createLocalJWKSet(publicKeySet([{ ...key, alg }]));
      const { payload, protectedHeader } = await jwtVerify(await assertion(key, alg), keys, {
        algorithms: [alg],
        currentDate,
      });
      assert.deepEqual(protectedHeader, { alg, kid: 'k', typ: 'JWT' });
      const { iss, sub, aud, iat = 0, exp = 0 } = payload;
      assert.deepEqual([iss, sub, aud, exp - iat], ['app', 'app', 'https://as.example/token', 240]);
    });
  }

  test('may stay in a key service', async () => {
    const asked: SigningAlgorithm[] = [];
    const key = {
      kid: 'k',
      publicKey: ec.publicKey,
      async sign(bytes: Uint8Array, alg: SigningAlgorithm) {
        asked.push(alg);
        return sign('sha256', bytes, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
      },
    };
    const jwt = await assertion(key, 'ES256');
    await jwtVerify(jwt, createLocalJWKSet(publicKeySet([{ ...key, alg: 'ES256' }])), {
      currentDate,
    });
    assert.deepEqual(asked, ['ES256']);
  });

  test('elsewhere must return the form of a JWS', async () => {
    const der = { kid: 'k', sign: async (bytes: Uint8Array) => sign('sha256', bytes, ec.privateKey) };
    assert.ok(verify('sha256', Buffer.from('x'), ec.publicKey, await der.sign(Buffer.from('x'))));
    const expected = 'r and s, 64 bytes in all (RFC 7518 section 3.4)';
    await assert.rejects(assertion(der, 'ES256'), { code: 'settings_invalid', expected });
  });

  test('elsewhere need a public key for a key set', () => {
    const key = { kid: 'k', sign: async () => new Uint8Array(), alg: 'ES256' } as const;
    assert.throws(() => publicKeySet([key]), { code: 'settings_invalid', message: /publicKey/ });
    assert.throws(() => publicKeySet([{ ...key, publicKey: rsa.publicKey }]), { code: 'settings_invalid' });
    const half = { ...key, publicKey: ec.privateKey };
    assert.throws(() => publicKeySet([half]), { code: 'settings_invalid' });
  });

  test('throw the error of the key service', async () => {
    const key = {
      kid: 'k',
      async sign(): Promise<Uint8Array> {
        throw new Error('the key service is down');
      },
    };
    await assert.rejects(assertion(key, 'ES256'), /the key service is down/);
  });
});
