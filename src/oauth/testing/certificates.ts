import { randomBytes } from 'node:crypto';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { Set as Asn1Set, BitString, Integer, OctetString, Sequence, Utf8String } from 'asn1js';
import {
  AltName,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  CertificateRevocationList,
  Extension,
  Extensions,
  ExtKeyUsage,
  GeneralName,
  RelativeDistinguishedNames,
  RevokedCertificate,
  Time,
} from 'pkijs';

// Certificates of clients, for tests of mutual TLS.

const attributes = { C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' };
const { subtle } = globalThis.crypto;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/** A distinguished name in the order of the certificate: `[['C', 'GB'], ['CN', 'client']]`. */
type Name = readonly (readonly [keyof typeof attributes, string])[];

function distinguishedName(name: Name): RelativeDistinguishedNames {
  const sets = name.map(
    ([type, value]) =>
      new Asn1Set({
        value: [
          new AttributeTypeAndValue({
            type: attributes[type],
            value: new Utf8String({ value }),
          }).toSchema(),
        ],
      }),
  );
  return RelativeDistinguishedNames.fromBER(new Sequence({ value: sets }).toBER(false));
}

export interface CertificatePlan {
  subject?: Name;
  /** Milliseconds. */
  notBefore?: number;
  notAfter?: number;
  /** DNS and URI names, and IP addresses as octets. */
  dns?: string[];
  uri?: string[];
  ip?: readonly Uint8Array<ArrayBuffer>[];
  /** OIDs of extended key usage. */
  uses?: string[];
  /** First octet of the key usage: 0x80 signatures, 0x20 encryption of keys, 0x04 certificates. */
  keyUsage?: number;
  /** May issue others; of how many more authorities below it, if that is limited. */
  authority?: boolean;
  pathLength?: number;
}

export interface ListPlan {
  /** Milliseconds; no next one for null. */
  thisUpdate?: number;
  nextUpdate?: number | null;
  hash?: 'SHA-1' | 'SHA-256';
  /** OID of a critical extension of the list. */
  critical?: string;
}

/** A certificate with its key. */
export interface TestCertificate {
  der: Buffer;
  pem: string;
  /** The public key as it is registered. */
  jwk: JsonWebKey;
  /** The header with which a trusted proxy passes it on (RFC 9440). */
  header: Record<string, string>;
  /** Signs another one. */
  issue(plan?: CertificatePlan): Promise<TestCertificate>;
  /** Signs a list in which these were revoked; PEM. */
  list(revoked?: readonly TestCertificate[], plan?: ListPlan): Promise<string>;
}

const extension = (extnID: string, value: { toBER(sizeOnly?: boolean): ArrayBuffer }, critical = false) =>
  new Extension({ extnID, critical, extnValue: value.toBER(false) });

function extensionsOf({
  dns = [],
  uri = [],
  ip = [],
  uses,
  keyUsage,
  authority,
  pathLength,
}: CertificatePlan): Extension[] {
  const basic = new BasicConstraints({
    cA: true,
    ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
  });
  const names = [
    ...dns.map((value) => new GeneralName({ type: 2, value })),
    ...uri.map((value) => new GeneralName({ type: 6, value })),
    ...ip.map((value) => new GeneralName({ type: 7, value: new OctetString({ valueHex: value.buffer }) })),
  ];
  return [
    ...(authority ? [extension('2.5.29.19', basic.toSchema(), true)] : []),
    ...(names.length > 0 ? [extension('2.5.29.17', new AltName({ altNames: names }).toSchema())] : []),
    ...(keyUsage === undefined
      ? []
      : [extension('2.5.29.15', new BitString({ valueHex: Uint8Array.of(keyUsage).buffer }), true)]),
    ...(uses ? [extension('2.5.29.37', new ExtKeyUsage({ keyPurposes: uses }).toSchema())] : []),
  ];
}

async function make(
  plan: CertificatePlan,
  issuer: { name: RelativeDistinguishedNames; key: CryptoKey } | null,
  now: number,
): Promise<TestCertificate> {
  const keys = (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const subject = distinguishedName(plan.subject ?? [['CN', 'client']]);
  const year = 31_536_000_000;
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: randomBytes(8).fill(1, 0, 1) }),
    issuer: issuer?.name ?? subject,
    subject,
    notBefore: new Time({ value: new Date(plan.notBefore ?? now - year) }),
    notAfter: new Time({ value: new Date(plan.notAfter ?? now + year) }),
    extensions: extensionsOf({ authority: issuer === null, ...plan }),
  });
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(issuer?.key ?? keys.privateKey, 'SHA-256');
  const der = Buffer.from(certificate.toSchema(true).toBER(false));
  const { kty, crv, x, y } = await subtle.exportKey('jwk', keys.publicKey);
  return {
    der,
    pem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    jwk: { kty, crv, x, y, kid: 'certificate' },
    header: { 'client-cert': `:${der.toString('base64')}:` },
    issue: (next = {}) => make(next, { name: subject, key: keys.privateKey }, now),
    list: (revoked = [], planned = {}) =>
      makeList(revoked, planned, { name: subject, key: keys.privateKey }, now),
  };
}

async function makeList(
  revoked: readonly TestCertificate[],
  plan: ListPlan,
  issuer: { name: RelativeDistinguishedNames; key: CryptoKey },
  now: number,
): Promise<string> {
  const hour = 3_600_000;
  const { thisUpdate = now - hour, nextUpdate = now + hour, hash = 'SHA-256', critical } = plan;
  const time = (value: number) => new Time({ value: new Date(value) });
  const list = new CertificateRevocationList({
    version: 1,
    issuer: issuer.name,
    thisUpdate: time(thisUpdate),
    ...(nextUpdate === null ? {} : { nextUpdate: time(nextUpdate) }),
    ...(revoked.length === 0
      ? {}
      : {
          revokedCertificates: revoked.map(
            ({ der }) =>
              new RevokedCertificate({
                userCertificate: Certificate.fromBER(Uint8Array.from(der)).serialNumber,
                revocationDate: time(thisUpdate),
              }),
          ),
        }),
    ...(critical
      ? {
          crlExtensions: new Extensions({
            extensions: [extension(critical, new Integer({ value: 1 }), true)],
          }),
        }
      : {}),
  });
  await list.sign(issuer.key, hash);
  const der = Buffer.from(list.toSchema(true).toBER(false)).toString('base64');
  return `-----BEGIN X509 CRL-----\n${der}\n-----END X509 CRL-----\n`;
}

/** A new authority. Its certificate is self-signed, so it also serves as a client's self-signed certificate. */
export const newAuthority = (now: number, plan: CertificatePlan = {}): Promise<TestCertificate> =>
  make({ subject: [['CN', 'authority']], ...plan }, null, now);
