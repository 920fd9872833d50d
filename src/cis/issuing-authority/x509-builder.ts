import { createHash, randomBytes } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import {
  Set as Asn1Set,
  BitString,
  Integer,
  OctetString,
  PrintableString,
  Sequence,
  Utf8String,
} from 'asn1js';
import {
  AccessDescription,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CertificatePolicies,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  InfoAccess,
  PolicyInformation,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs';

// Loaded for the first certificate.

/** A distinguished name: `[['C', 'GB'], ['CN', '656005750108']]`. */
export type Name = readonly (readonly [keyof typeof attributes, string])[];

const attributes = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  GN: '2.5.4.42',
};

export interface CertificatePlan {
  /** 16 bytes in hexadecimal. */
  serial: string;
  issuer: Name;
  subject: Name;
  /** Milliseconds. */
  notBefore: number;
  notAfter: number;
  /** SPKI DER of the subject's and of the issuer's key. */
  subjectKey: Uint8Array;
  issuerKey: Uint8Array;
  keyUsage: { bits: number; unused: number };
  authority?: { pathLength: number };
  /** OID of the one policy. */
  policy?: string;
  /** Addresses of the CRL and the responder. */
  revocation?: { crl: string; ocsp: string };
  /** OIDs of extended key usages. */
  extendedUsages?: readonly string[];
  /** Host names and addresses of a server. */
  hostnames?: readonly string[];
}

/** Returns a random serial number of 16 bytes that is positive (RFC 5280 section 4.1.2.2). */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** Builds a name with one set for each attribute (RFC 5280 section 4.1.2.4). pkijs itself would use one set for all. */
export function distinguishedName(name: Name): RelativeDistinguishedNames {
  const sets = name.map(([type, value]) => {
    // Country is a PrintableString (RFC 5280 appendix A.1).
    const text = type === 'C' ? new PrintableString({ value }) : new Utf8String({ value });
    return new Asn1Set({
      value: [new AttributeTypeAndValue({ type: attributes[type], value: text }).toSchema()],
    });
  });
  return RelativeDistinguishedNames.fromBER(new Sequence({ value: sets }).toBER(false));
}

/** UTCTime until 2049, GeneralizedTime after it (RFC 5280 section 4.1.2.5). */
export function timeOf(milliseconds: number): Time {
  const value = new Date(Math.floor(milliseconds / 1000) * 1000);
  return new Time({
    type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime,
    value,
  });
}

const keyInfo = (spki: Uint8Array): PublicKeyInfo => PublicKeyInfo.fromBER(new Uint8Array(spki));

/** Returns the SHA-1 of the public key, by RFC 5280 section 4.2.1.2 (1). It only names the key. */
const keyIdentifier = (spki: Uint8Array): OctetString =>
  new OctetString({
    valueHex: createHash('sha1').update(keyInfo(spki).subjectPublicKey.valueBlock.valueHexView).digest(),
  });

export const extension = (
  extnID: string,
  critical: boolean,
  value: { toBER(sizeOnly?: boolean): ArrayBuffer },
): Extension => new Extension({ extnID, critical, extnValue: value.toBER(false) });

const addressName = (value: string): GeneralName => new GeneralName({ type: 6, value });

/** Returns the 4 or 16 bytes of an address (RFC 4291 section 2.2). */
function addressBytes(address: string): Uint8Array {
  if (!isIPv6(address)) return Uint8Array.from(address.split('.').map(Number));
  const [start = [], end = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => '0');
  const hex = [...start, ...zeros, ...end].map((group) => group.padStart(4, '0')).join('');
  return Buffer.from(hex, 'hex');
}

/** Subject alternative names of a server (RFC 5280 section 4.2.1.6). */
const hostNames = (names: readonly string[]): GeneralNames =>
  new GeneralNames({
    names: names.map((value) =>
      isIP(value) === 0
        ? new GeneralName({ type: 2, value })
        : new GeneralName({ type: 7, value: new OctetString({ valueHex: addressBytes(value) }) }),
    ),
  });

/** CRL distribution point and responder (RFC 5280 sections 4.2.1.13 and 4.2.2.1). */
function revocationExtensions({ crl, ocsp }: { crl: string; ocsp: string }): Extension[] {
  const point = new DistributionPoint({ distributionPoint: [addressName(crl)] });
  const access = new AccessDescription({
    accessMethod: '1.3.6.1.5.5.7.48.1',
    accessLocation: addressName(ocsp),
  });
  return [
    extension('2.5.29.31', false, new CRLDistributionPoints({ distributionPoints: [point] }).toSchema()),
    extension('1.3.6.1.5.5.7.1.1', false, new InfoAccess({ accessDescriptions: [access] }).toSchema()),
  ];
}

/** Identifies the key of the issuer (RFC 5280 sections 4.2.1.1 and 5.2.1). */
export const authorityKeyExtension = (issuerKey: Uint8Array): Extension =>
  extension(
    '2.5.29.35',
    false,
    new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(issuerKey) }).toSchema(),
  );

function extensionsOf(plan: CertificatePlan): Extension[] {
  const { keyUsage, authority, policy, revocation, extendedUsages } = plan;
  const usage = new BitString({ valueHex: Uint8Array.of(keyUsage.bits), unusedBits: keyUsage.unused });
  const list = [
    extension('2.5.29.15', true, usage),
    extension('2.5.29.14', false, keyIdentifier(plan.subjectKey)),
    authorityKeyExtension(plan.issuerKey),
  ];
  if (authority) {
    const constraints = new BasicConstraints({ cA: true, pathLenConstraint: authority.pathLength });
    list.push(extension('2.5.29.19', true, constraints.toSchema()));
  }
  if (policy) {
    const certificatePolicies = [new PolicyInformation({ policyIdentifier: policy })];
    const policies = new CertificatePolicies({ certificatePolicies });
    list.push(extension('2.5.29.32', false, policies.toSchema()));
  }
  if (revocation) list.push(...revocationExtensions(revocation));
  if (extendedUsages) {
    const usages = new ExtKeyUsage({ keyPurposes: [...extendedUsages] });
    list.push(extension('2.5.29.37', false, usages.toSchema()));
  }
  if (plan.hostnames) list.push(extension('2.5.29.17', false, hostNames(plan.hostnames).toSchema()));
  return list;
}

/** Builds and signs a certificate (RFC 5280), ECDSA with SHA-256. Returns DER. */
export async function buildCertificate(plan: CertificatePlan, signWith: CryptoKey): Promise<Buffer> {
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: Buffer.from(plan.serial, 'hex') }),
    issuer: distinguishedName(plan.issuer),
    subject: distinguishedName(plan.subject),
    notBefore: timeOf(plan.notBefore),
    notAfter: timeOf(plan.notAfter),
    subjectPublicKeyInfo: keyInfo(plan.subjectKey),
    extensions: extensionsOf(plan),
  });
  await certificate.sign(signWith, 'SHA-256');
  return Buffer.from(certificate.toSchema(true).toBER(false));
}
