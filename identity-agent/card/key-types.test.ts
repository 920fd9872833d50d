import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { keyTypes } from './key-types.ts';

const ecP256 = keyTypes['EC-P256'];

describe('the P-256 key of a virtual card', () => {
  test('signs digests so that node:crypto verifies the message, each time with another nonce', async () => {
    const { privateKey, publicKey } = await ecP256.generate();
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    const sign = await ecP256.load(privateKey);
    const signatures = new Set<string>();
    for (let length = 0; length < 200; length++) {
      const message = randomBytes(length);
      const signature = sign(createHash('sha256').update(message).digest());
      assert.ok(signature && verify('sha256', message, key, signature), `a message of ${length} bytes`);
      assert.equal(verify('sha256', Buffer.concat([message, Buffer.of(0)]), key, signature), false);
      signatures.add(Buffer.from(signature).toString('hex'));
    }
    assert.equal(signatures.size, 200);
    const digest = createHash('sha256').update('same').digest();
    assert.notDeepEqual(sign(digest), sign(digest));
  });

  test('signs only 32 bytes', async () => {
    const sign = await ecP256.load((await ecP256.generate()).privateKey);
    for (const length of [0, 20, 31, 33, 48, 64]) assert.equal(sign(new Uint8Array(length)), undefined);
  });

  test('signs a digest of zeros and one above the order of the curve', async () => {
    const sign = await ecP256.load((await ecP256.generate()).privateKey);
    assert.ok(sign(new Uint8Array(32)));
    assert.ok(sign(new Uint8Array(32).fill(0xff)));
  });
});
