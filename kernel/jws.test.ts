import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import * as jose from 'jose';
import {
  decodeJwt,
  keyFits,
  publicKeyOf,
  type SigningAlgorithm,
  signJwt,
  thumbprint,
  verifySignature,
} from './jws.ts';
import { newKeyPair } from './key-pairs.ts';

const algorithms: SigningAlgorithm[] = ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'];
const claims = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__'),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  {
    maxKeys: 5,
  },
);

for (const algorithm of algorithms) {
  test(`${algorithm}: jose reads our signatures, we read those of jose, and both refuse a changed byte`, async () => {
    const { privatePem, publicJwk } = await newKeyPair(algorithm);
    const privateKey = createPrivateKey(privatePem);
    const publicKey = createPublicKey(privatePem);
    await fc.assert(
      fc.asyncProperty(claims, fc.nat(), async (drawn, where) => {
        const payload = { ...drawn };
        const ours = await signJwt({ alg: algorithm, kid: 'k', typ: 'JWT' }, payload, privateKey);
        const read = await jose.compactVerify(ours, publicKey, { algorithms: [algorithm] });
        assert.deepEqual(JSON.parse(new TextDecoder().decode(read.payload)), payload);
        const theirs = await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
          .setProtectedHeader({ alg: algorithm, kid: 'k' })
          .sign(privateKey);
        const decoded = decodeJwt(theirs);
        assert.ok(decoded);
        assert.deepEqual({ ...decoded.claims }, payload);
        assert.equal(await verifySignature(decoded, algorithm, publicKey), true);
        const start = theirs.lastIndexOf('.') + 1;
        const at = start + (where % (theirs.length - start - 2));
        const changed = theirs.slice(0, at) + (theirs[at] === 'A' ? 'B' : 'A') + theirs.slice(at + 1);
        const spoilt = decodeJwt(changed);
        assert.equal(spoilt ? await verifySignature(spoilt, algorithm, publicKey) : false, false);
        await assert.rejects(jose.compactVerify(changed, publicKey, { algorithms: [algorithm] }));
      }),
      { numRuns: 15 },
    );
    assert.equal(thumbprint(publicJwk), await jose.calculateJwkThumbprint(publicJwk as jose.JWK));
  });
}

test('keyFits accepts a key with its own algorithm only', async () => {
  const pairs = await Promise.all(
    algorithms.map(async (algorithm) => ({ algorithm, ...(await newKeyPair(algorithm)) })),
  );
  for (const pair of pairs) {
    const key = createPublicKey(pair.privatePem);
    for (const algorithm of algorithms) {
      const sameType = [pair.algorithm, algorithm].every((name) => /^(RS|PS)/.test(name));
      assert.equal(
        keyFits(algorithm, key),
        sameType || algorithm === pair.algorithm,
        `${pair.algorithm} key as ${algorithm}`,
      );
    }
  }
  const small = createPublicKey({
    key: { kty: 'RSA', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB' },
    format: 'jwk',
  });
  assert.equal(keyFits('RS256', small), false);
});

test('decodeJwt never throws, and accepts exactly three valid parts', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/)),
      (token) => {
        const decoded = decodeJwt(token);
        if (decoded) assert.equal(token.split('.').length, 3);
      },
    ),
  );
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const wrong of [
    '',
    'a.b',
    `${part({})}.${part({})}`,
    `${part({})}.${part({})}.AA.AA`,
    `${part([])}.${part({})}.AA`,
    `${part({})}.${part(null)}.AA`,
    `${part({ crit: ['b64'] })}.${part({})}.AA`,
    `${part({})}.${part({})}.A=`,
    `${part({})}.${part({})}.AB`,
    `${part({})}.${part({})}.A+/A`,
    `${part({})}.${part({})}.AA\n`,
    `${part({})}.${part({ a: 'x'.repeat(40_000) })}.AA`,
    `${part({})}.${part({ iss: 'a\u0000b' })}.AA`,
    `${part({ kid: '\u0000' })}.${part({})}.AA`,
    `${part({})}.${part({ state: '\ud83d' })}.AA`,
  ])
    assert.equal(decodeJwt(wrong), undefined, wrong.slice(0, 40));
});

test('publicKeyOf refuses an RSA key whose modulus or exponent is too large to read quickly', () => {
  const key = (bytes: number, exponent: number) => ({
    kty: 'RSA',
    n: Buffer.alloc(bytes, 0xff).toString('base64url'),
    e: Buffer.alloc(exponent, 0xff).toString('base64url'),
  });
  assert.equal(publicKeyOf(key(2_048, 32))?.asymmetricKeyDetails?.modulusLength, 16_384);
  for (const wrong of [key(2_049, 3), key(256, 33), { ...key(256, 3), n: { toString: 1 } }])
    assert.equal(publicKeyOf(wrong), undefined);
});

test('publicKeyOf refuses private and symmetric keys', async () => {
  const { privatePem, publicJwk } = await newKeyPair('ES256');
  assert.ok(publicKeyOf(publicJwk));
  const privateJwk = createPrivateKey(
    createPrivateKey(privatePem).export({ type: 'pkcs8', format: 'pem' }),
  ).export({ format: 'jwk' });
  for (const wrong of [privateJwk, { kty: 'oct', k: 'AAAA' }, null, 'x', { kty: 'EC' }])
    assert.equal(publicKeyOf(wrong), undefined);
});

test('verifySignature verifies a key with a costly exponent outside the event loop', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicExponent: 0x1_00_00_01,
  });
  const decoded = decodeJwt(await signJwt({ alg: 'RS512' }, { sub: 'x' }, privateKey));
  assert.ok(decoded);
  const pending = verifySignature(decoded, 'RS512', publicKey);
  assert.ok(pending instanceof Promise);
  assert.equal(await pending, true);
  assert.equal(await verifySignature({ ...decoded, signed: 'x.y' }, 'RS512', publicKey), false);
});
