import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { Utf8String } from 'asn1js';
import { AttributeTypeAndValue, BasicConstraints, Certificate, Extension } from 'pkijs';
import { developmentFingerprint, developmentRoot } from './policy.ts';
import { rootOf } from './verify.ts';

interface Made {
  der: Buffer;
  pem: string;
  fingerprint: string;
  keys: CryptoKeyPair;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const year = 31_536_000_000;
let serial = 0;

/** Returns a certificate with a new key, self-signed without an issuer. Times in years from now. */
async function make(
  name: string,
  issuer?: Made & { name: string },
  { ca = true, from = -1, until = 1 } = {},
) {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = new Certificate({ version: 2 });
  certificate.serialNumber.valueBlock.valueDec = ++serial;
  const naming = (value: string) =>
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value }) });
  certificate.subject.typesAndValues.push(naming(name));
  certificate.issuer.typesAndValues.push(naming(issuer?.name ?? name));
  const now = systemClock.now();
  certificate.notBefore.value = new Date(now + from * year);
  certificate.notAfter.value = new Date(now + until * year);
  certificate.extensions = [
    new Extension({
      extnID: '2.5.29.19',
      critical: true,
      extnValue: new BasicConstraints({ cA: ca }).toSchema().toBER(false),
    }),
  ];
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign((issuer?.keys ?? keys).privateKey, 'SHA-256');
  const der = Buffer.from(certificate.toSchema().toBER(false));
  const { fingerprint256: fingerprint } = new X509Certificate(der);
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----`;
  return { name, der, pem, fingerprint, keys };
}

/** Major type and length in the shortest form (RFC 8949 section 4.2.1). */
const head = (major: number, length: number): Buffer => {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
};
const text = (value: string) => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const bytes = (value: Buffer) => Buffer.concat([head(2, value.length), value]);
const map = (...members: Buffer[]) => Buffer.concat([head(5, members.length / 2), ...members]);

/** An attestation object with these certificates (WebAuthn section 6.5.4). */
const attested = (...chain: Buffer[]): Uint8Array<ArrayBuffer> => {
  const list = Buffer.concat([head(4, chain.length), ...chain.map(bytes)]);
  const statement = chain.length === 0 ? map() : map(text('x5c'), list);
  return new Uint8Array(
    map(text('fmt'), text('packed'), text('attStmt'), statement, text('authData'), bytes(Buffer.alloc(1))),
  );
};
const trusting = (...roots: Made[]) => new Map(roots.map(({ fingerprint, pem }) => [fingerprint, pem]));

describe('trusted root of an attestation', () => {
  test('finds the root directly, through an intermediate, and among several roots', async () => {
    const [root, other] = [await make('Root'), await make('Other')];
    const between = await make('Between', root);
    const leaf = await make('Leaf', between, { ca: false });
    const direct = await make('Direct', root, { ca: false });
    const roots = trusting(other, root);
    assert.equal(await rootOf(attested(direct.der), 'packed', roots), root.fingerprint);
    assert.equal(await rootOf(attested(leaf.der, between.der), 'packed', roots), root.fingerprint);
    assert.equal(await rootOf(attested(leaf.der, between.der), 'packed', trusting(other)), null);
    assert.equal(await rootOf(attested(leaf.der, between.der), 'packed', new Map()), null);
    // The intermediate is missing.
    assert.equal(await rootOf(attested(leaf.der), 'packed', roots), null);
  });
  test('does not match a root by its name only', async () => {
    const [root, impostor] = [await make('Root'), await make('Root')];
    const leaf = await make('Leaf', impostor, { ca: false });
    assert.equal(await rootOf(attested(leaf.der), 'packed', trusting(root)), null);
  });
  test('refuses an intermediate that is not an authority', async () => {
    const root = await make('Root');
    const device = await make('Device', root, { ca: false });
    const forged = await make('Forged', device, { ca: false });
    assert.equal(await rootOf(attested(forged.der, device.der), 'packed', trusting(root)), null);
  });
  test('refuses an expired certificate', async () => {
    const root = await make('Root');
    const old = await make('Old', root, { ca: false, from: -2, until: -1 });
    const dead = await make('Dead', undefined, { from: -2, until: -1 });
    const leaf = await make('Leaf', dead, { ca: false });
    assert.equal(await rootOf(attested(old.der), 'packed', trusting(root)), null);
    assert.equal(await rootOf(attested(leaf.der), 'packed', trusting(dead)), null);
  });
  test('accepts an attestation by the trusted key itself', async () => {
    const [own, other] = [
      await make('Batch', undefined, { ca: false }),
      await make('Batch', undefined, { ca: false }),
    ];
    assert.equal(await rootOf(attested(own.der), 'packed', trusting(own)), own.fingerprint);
    assert.equal(await rootOf(attested(other.der), 'packed', trusting(own)), null);
    const development = new Map([[developmentFingerprint, developmentRoot]]);
    const der = new X509Certificate(developmentRoot).raw;
    assert.equal(await rootOf(attested(der), 'packed', development), developmentFingerprint);
  });
  test('finds no root for self attestation, none, and invalid certificates', async () => {
    const root = await make('Root');
    assert.equal(await rootOf(attested(), 'packed', trusting(root)), null);
    assert.equal(await rootOf(attested(root.der), 'none', trusting(root)), null);
    assert.equal(await rootOf(attested(Buffer.from('nothing')), 'packed', trusting(root)), null);
  });
});
