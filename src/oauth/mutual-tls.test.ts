import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import fc from 'fast-check';
import { type CertificateSubject, certificateSubjectOf } from './certificate-subject.ts';
import { issuedFault, readAuthorities, readCertificate, selfSignedFault } from './mutual-tls.ts';
import { type CertificatePlan, newAuthority, type TestCertificate } from './testing/certificates.ts';

const now = Date.UTC(2026, 6, 1, 12);
const clock = new ManualClock(now);
const day = 86_400_000;

let authority: TestCertificate;
let stranger: TestCertificate;
before(async () => {
  [authority, stranger] = await Promise.all([newAuthority(now), newAuthority(now)]);
});

const read = ({ der }: TestCertificate) => {
  const certificate = readCertificate(der);
  assert.ok(certificate);
  return certificate;
};
const subject = [
  ['C', 'GB'],
  ['O', 'Example, Ltd'],
  ['CN', 'client'],
] as const;
const issued = async (registered: CertificateSubject, plan = {}) => {
  const one = await authority.issue({ subject, ...plan });
  return issuedFault(read(one), registered, { authorities: readAuthorities(authority.pem), clock });
};

describe('readCertificate', () => {
  test('returns the SHA-256 of its DER as the thumbprint', () => {
    assert.equal(read(authority).thumbprint, createHash('sha256').update(authority.der).digest('base64url'));
  });
  test('returns undefined for other bytes', () => {
    assert.equal(readCertificate(undefined), undefined);
    assert.equal(readCertificate(Buffer.alloc(0)), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        assert.equal(readCertificate(bytes), undefined);
      }),
    );
  });
});

describe('tls_client_auth (RFC 8705 section 2.1)', () => {
  const dn = 'CN=client,O=Example\\, Ltd,C=GB';
  // biome-ignore format: a table, one row a line
  const rows: [string, CertificateSubject, object, RegExp | undefined][] = [
    ['the registered subject', { tls_client_auth_subject_dn: dn }, {}, undefined],
    ['spaces and small letters in its types', { tls_client_auth_subject_dn: 'cn=client, o=Example\\, Ltd, c=GB' }, {}, undefined],
    ['the same in another order', { tls_client_auth_subject_dn: 'C=GB,O=Example\\, Ltd,CN=client' }, {}, /the subject is/],
    ['a part of it', { tls_client_auth_subject_dn: 'CN=client' }, {}, /the subject is/],
    ['another case in its value', { tls_client_auth_subject_dn: 'CN=Client,O=Example\\, Ltd,C=GB' }, {}, /the subject is/],
    ['nothing registered', {}, {}, /no subject of a certificate is registered/],
    ['two registered', { tls_client_auth_subject_dn: dn, tls_client_auth_san_dns: 'client.test' }, {}, /one is allowed/],
    ['a DNS name', { tls_client_auth_san_dns: 'Client.test' }, { dns: ['other.test', 'client.test'] }, undefined],
    ['another DNS name', { tls_client_auth_san_dns: 'client.test' }, { dns: ['client.test.evil.test'] }, /DNS names are/],
    ['a wildcard, which is a name like others', { tls_client_auth_san_dns: 'client.test' }, { dns: ['*.test'] }, /DNS names are/],
    ['a URI', { tls_client_auth_san_uri: 'urn:client:1' }, { uri: ['urn:client:1'] }, undefined],
    ['a DNS name where a URI is registered', { tls_client_auth_san_uri: 'client.test' }, { dns: ['client.test'] }, /URI names are none/],
    ['a name that plays two', { tls_client_auth_san_dns: 'client.test' }, { uri: ['urn:x, DNS:client.test'] }, /DNS names are none/],
    ['one that has ended', { tls_client_auth_subject_dn: dn }, { notAfter: now - day }, /held until/],
    ['one that begins tomorrow', { tls_client_auth_subject_dn: dn }, { notBefore: now + day }, /holds from/],
    ['one for servers', { tls_client_auth_subject_dn: dn }, { uses: ['1.3.6.1.5.5.7.3.1'] }, /not for client authentication/],
    ['one for clients', { tls_client_auth_subject_dn: dn }, { uses: ['1.3.6.1.5.5.7.3.2'] }, undefined],
  ];
  for (const [name, registered, plan, fault] of rows)
    test(`${fault ? 'refuses' : 'accepts'} ${name}`, async () => {
      const found = await issued(registered, plan);
      if (fault) assert.match(found ?? '', fault);
      else assert.equal(found, undefined);
    });

  test('refuses a certificate of another authority with the same name, a self-signed one and none', async () => {
    const registered = { tls_client_auth_subject_dn: 'CN=client' };
    const parts = { authorities: readAuthorities(authority.pem), clock };
    const ofStranger = await stranger.issue();
    const itself = await newAuthority(now, { subject: [['CN', 'client']] });
    for (const one of [ofStranger, itself])
      assert.match((await issuedFault(read(one), registered, parts)) ?? '', /no configured authority issued/);
    assert.match((await issuedFault(undefined, registered, parts)) ?? '', /no client certificate came/);
    const nobody = { authorities: [], clock };
    assert.match(
      (await issuedFault(read(ofStranger), registered, nobody)) ?? '',
      /no authority .* is configured/,
    );
  });

  test('does not accept a client as an authority', async () => {
    const client = await authority.issue({ subject: [['CN', 'authority']] });
    const below = await client.issue();
    const authorities = [...readAuthorities(authority.pem), ...readAuthorities(client.pem)];
    const fault = await issuedFault(
      read(below),
      { tls_client_auth_subject_dn: 'CN=client' },
      { authorities, clock },
    );
    assert.match(fault ?? '', /no configured authority issued/);
  });

  test('refuses an expired authority', async () => {
    const old = await newAuthority(now, { notAfter: now - day });
    const fault = await issuedFault(
      read(await old.issue()),
      { tls_client_auth_subject_dn: 'CN=client' },
      {
        authorities: readAuthorities(old.pem),
        clock,
      },
    );
    assert.match(fault ?? '', /no configured authority issued/);
  });

  describe('with intermediates', () => {
    const registered = { tls_client_auth_subject_dn: 'CN=client' };
    const both = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
    const between = { subject: [['CN', 'between']] as const, authority: true };
    const held = async (client: TestCertificate, sent: TestCertificate[], roots = [authority]) => {
      const presented = readCertificate(
        client.der,
        sent.map(({ der }) => der),
      );
      const authorities = roots.flatMap(({ pem }) => readAuthorities(pem));
      return issuedFault(presented, registered, { authorities, clock });
    };
    /** A chain of this many certificates, from the one below the authority to the client. */
    const chainOf = async (plans: readonly CertificatePlan[], client: CertificatePlan = {}) => {
      const sent: TestCertificate[] = [];
      for (const plan of plans) sent.push(await (sent.at(-1) ?? authority).issue({ ...between, ...plan }));
      return { client: await (sent.at(-1) ?? authority).issue(client), sent: sent.toReversed() };
    };
    const named = (name: string): CertificatePlan => ({ subject: [['CN', name]] });

    // biome-ignore format: a table, one row a line
    const rows: [string, CertificatePlan[], CertificatePlan, RegExp | undefined][] = [
      ['one', [{}], {}, undefined],
      ['two', [named('a'), named('b')], {}, undefined],
      ['one that is for clients among others', [{ uses: both }], { uses: both }, undefined],
      ['a key for signatures', [{}], { keyUsage: 0x80 }, undefined],
      ['more than four', ['a', 'b', 'c', 'd', 'e'].map(named), {}, /5 intermediate certificates came/],
      ['one that has ended', [{ notAfter: now - day }], {}, /expired/],
      ['one that begins tomorrow', [{ notBefore: now + day }], {}, /not yet valid/],
      ['a client that plays an authority', [{ authority: false }], {}, /./],
      ['one that may issue for clients alone, between others', [{ ...named('a'), pathLength: 0 }, named('b')], {}, /so many below it/],
      ['one that may have one below it', [{ ...named('a'), pathLength: 1 }, named('b')], {}, undefined],
      ['one whose key may not sign certificates', [{ keyUsage: 0x80 }], {}, /./],
      ['one for servers', [{ uses: both.slice(0, 1) }], {}, /may not issue for clients/],
      ['a key that is not for signatures', [{}], { keyUsage: 0x20 }, /not for signatures/],
    ];
    for (const [name, plans, plan, fault] of rows)
      test(name, async () => {
        const { client, sent } = await chainOf(plans, plan);
        const found = await held(client, sent);
        if (fault) assert.match(found ?? '', fault);
        else assert.equal(found, undefined);
      });

    test('accepts intermediates in any order, with unrelated ones', async () => {
      const { client, sent } = await chainOf([named('a'), named('b')]);
      assert.equal(await held(client, [stranger, ...sent.toReversed()]), undefined);
    });
    test('refuses missing, foreign, like-named and padded intermediates', async () => {
      const { client, sent } = await chainOf([{}]);
      const [one] = sent;
      assert.ok(one);
      const impostor = await stranger.issue(between);
      const other = { ...one, der: Buffer.concat([one.der.subarray(0, -1), Buffer.from([1])]) };
      for (const came of [[], [impostor], [other], [{ ...one, der: Buffer.alloc(9_000) }]])
        assert.match((await held(client, came)) ?? '', /no configured authority issued/);
      assert.match((await held(client, sent, [stranger])) ?? '', /no configured authority issued/);
      assert.match((await held(await impostor.issue(), [impostor])) ?? '', /no configured authority issued/);
    });
    test('never trusts a certificate that the client sent as an authority', async () => {
      const itself = await newAuthority(now, named('client'));
      assert.match((await held(itself, [itself])) ?? '', /no configured authority issued/);
      assert.match((await held(await stranger.issue(), [stranger])) ?? '', /no configured authority issued/);
    });
  });

  test('reads the subject among other attributes', () => {
    assert.deepEqual(
      certificateSubjectOf({ asid: '1', tls_client_auth_san_dns: 'x', tls_client_auth_san_uri: '' }),
      {
        tls_client_auth_san_dns: 'x',
      },
    );
  });
});

describe('self_signed_tls_client_auth (RFC 8705 section 2.2)', () => {
  test('accepts a registered public key and a registered certificate', async () => {
    const own = await newAuthority(now);
    const x5c = [own.der.toString('base64')];
    assert.equal(selfSignedFault(read(own), [stranger.jwk, own.jwk], { clock }), undefined);
    assert.equal(selfSignedFault(read(own), [{ ...own.jwk, x5c }], { clock }), undefined);
    const other = [{ ...own.jwk, x5c: [stranger.der.toString('base64')] }];
    assert.match(selfSignedFault(read(own), other, { clock }) ?? '', /none of the 1 registered keys/);
  });
  test('refuses another key, an expired certificate and none', async () => {
    const own = await newAuthority(now, { notAfter: now - day });
    assert.match(selfSignedFault(read(own), [stranger.jwk], { clock }) ?? '', /none of the 1/);
    assert.match(selfSignedFault(read(own), [own.jwk], { clock }) ?? '', /held until/);
    assert.match(selfSignedFault(undefined, [own.jwk], { clock }) ?? '', /no client certificate/);
  });
});
