import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import fc from 'fast-check';
import { certificateSubjectOf, subjectFault } from './certificate-subject.ts';
import { requireAll, resultsOf, shown } from './check.ts';
import { assertionRules, claimedClient } from './client-assertion.ts';
import { ProofNonces } from './dpop.ts';
import { RemoteKeys } from './remote-keys.ts';
import { readRequestObject } from './request-object.ts';
import { newAuthority } from './testing/certificates.ts';

const clock = new ManualClock(Date.UTC(2026, 6, 1));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const clientKeys = new RemoteKeys(clock, { privateAddresses: false });
const rules = { clientId: 'client', issuer: 'https://as.test', algorithms: ['ES256'] as const };
const noKeys = { jwks: { keys: [] }, jwksUrl: null };

describe('parsers of outside data never throw and never accept random input', () => {
  test('readRequestObject refuses mutated request objects', async () => {
    const odd = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.json(), fc.json())
        .map(
          ([header, claims]) =>
            `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}.AA`,
        ),
      fc
        .dictionary(
          fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'client_id', 'sub', 'request'),
          fc.anything(),
        )
        .map((claims) => `${encode({ alg: 'ES256', kid: 'x' })}.${encode(claims)}.AA`),
    );
    await fc.assert(
      fc.asyncProperty(odd, async (text) => {
        const result = await readRequestObject(text, rules, noKeys, { clock, clientKeys });
        assert.ok('fault' in result && result.fault !== '');
      }),
    );
  });

  test('assertionRules refuse mutated client assertions', () => {
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', '__proto__'),
      fc.anything(),
    );
    fc.assert(
      fc.property(
        claims,
        fc.dictionary(fc.constantFrom('alg', 'kid', 'typ'), fc.anything()),
        (body, header) => {
          const jwt = { header, claims: body, signed: '', signature: Buffer.alloc(0) };
          const expected = {
            clientId: 'client',
            audiences: ['https://as.test'] as const,
            mayListAudience: true,
            maxAhead: 300,
            algorithms: rules.algorithms,
            jtiKind: 'x',
            needsKid: false,
            needsJti: false,
          };
          const checks = resultsOf(assertionRules, { jwt, rules: expected, now: 1_000 });
          const isRight = checks.every(({ ok }) => ok);
          assert.ok(!isRight || (body.iss === 'client' && body.aud === 'https://as.test'));
          for (const { received } of checks) assert.ok(received.length <= 503);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(claimedClient(text), undefined);
      }),
    );
  });

  test('shown returns a short text for any value', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: false }), (value) => {
        const text = shown(value);
        assert.ok(typeof text === 'string' && text !== '' && text.length <= 503);
      }),
    );
    assert.doesNotThrow(() => requireAll([], {}));
  });

  test('ProofNonces accepts only its own nonces', () => {
    const nonces = new ProofNonces(new Vault(randomBytes(32)), clock, 'test');
    const others = new ProofNonces(new Vault(randomBytes(32)), clock, 'test');
    const proof = (nonce: unknown) => `${encode({})}.${encode({ nonce })}.AA`;
    assert.equal(nonces.accepts(proof(nonces.current())), true);
    assert.equal(nonces.accepts(proof(others.current())), false);
    fc.assert(
      fc.property(fc.string(), fc.anything({ withBigInt: false }), (text, nonce) => {
        assert.equal(nonces.accepts(proof(nonce)), false);
        for (const wrong of [text, proof(text)]) assert.equal(nonces.accepts(wrong), false);
      }),
    );
  });
});

describe('subjectFault', () => {
  let certificate: X509Certificate;
  before(async () => {
    const made = await newAuthority(clock.now(), {
      subject: [
        ['O', 'Example'],
        ['CN', 'client'],
      ],
      dns: ['client.test'],
      ip: [Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    });
    certificate = new X509Certificate(made.der);
  });
  test('accepts only the registered subject', () => {
    const names = [
      'tls_client_auth_subject_dn',
      'tls_client_auth_san_dns',
      'tls_client_auth_san_uri',
      'tls_client_auth_san_ip',
      'tls_client_auth_san_email',
    ];
    assert.equal(subjectFault(certificate, { tls_client_auth_subject_dn: 'CN=client,O=Example' }), undefined);
    for (const [address, isAccepted] of [
      ['2001:db8::1', true],
      ['2001:0DB8:0::0:1', true],
      ['2001:db8::1%eth0', false],
      ['2001:db8::2', false],
    ] as const)
      assert.equal(
        subjectFault(certificate, { tls_client_auth_san_ip: address }) === undefined,
        isAccepted,
        address,
      );
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, value) => {
        assert.notEqual(subjectFault(certificate, certificateSubjectOf({ [name]: value })), undefined);
      }),
    );
  });
});
