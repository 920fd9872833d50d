import { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { errors } from '../errors.ts';

/** The fields of a card certificate. None is verified yet. */
export interface CardCertificate {
  x509: X509Certificate;
  /** Hexadecimal, lower case. */
  serial: string;
  /** The common name: a uid. */
  uid: string;
  /** Milliseconds, inclusive. */
  notBefore: number;
  notAfter: number;
  isAuthority: boolean;
  /** OIDs in the notation of asn1js. */
  policies: string[];
  /** First byte of the key usage; 0 without one. */
  keyUsage: number;
}

const oids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  constraints: '2.5.29.19',
  policies: '2.5.29.32',
};

async function parse(der: Buffer): Promise<CardCertificate> {
  const { BitString } = await import('asn1js');
  const { BasicConstraints, Certificate, CertificatePolicies } = await import('pkijs');
  const x509 = new X509Certificate(der);
  if (!x509.raw.equals(der)) throw new Error('it is not one certificate in DER');
  const certificate = Certificate.fromBER(new Uint8Array(der));
  const names = certificate.subject.typesAndValues.filter(({ type }) => type === oids.commonName);
  const uid = String(names[0]?.value.valueBlock.value ?? '');
  if (names.length !== 1 || !/^\d{12}$/.test(uid)) throw new Error('its common name is not one uid');
  const extension = (oid: string): unknown =>
    certificate.extensions?.find(({ extnID }) => extnID === oid)?.parsedValue;
  const usage = extension(oids.keyUsage);
  const policies = extension(oids.policies);
  const constraints = extension(oids.constraints);
  return {
    x509,
    serial: x509.serialNumber.toLowerCase(),
    uid,
    notBefore: certificate.notBefore.value.getTime(),
    notAfter: certificate.notAfter.value.getTime(),
    isAuthority: x509.ca || (constraints instanceof BasicConstraints && constraints.cA),
    policies:
      policies instanceof CertificatePolicies
        ? policies.certificatePolicies.map(({ policyIdentifier }) => policyIdentifier)
        : [],
    keyUsage: usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : 0,
  };
}

/** Parsed certificates by their bytes. */
const parsed = new Map<string, CardCertificate>();
const maxParsed = 1_000;

/** Parses the certificate of a person. @throws Refusal `certificate_untrusted` */
export async function readCertificate(der: Buffer): Promise<CardCertificate> {
  const bytes = der.toString('latin1');
  const known = parsed.get(bytes);
  if (known) return known;
  try {
    const certificate = Object.freeze(await parse(der));
    if (parsed.size >= maxParsed) parsed.clear();
    parsed.set(bytes, certificate);
    return certificate;
  } catch (error) {
    throw errors.certificateUnreadable(reasonOf(error), {}, error);
  }
}

const notations = new Map<string, string>();

/** Returns an OID in the notation of asn1js, which writes arcs beyond 2^53 in hexadecimal. */
export async function notationOf(oid: string): Promise<string> {
  const known = notations.get(oid);
  if (known !== undefined) return known;
  const { ObjectIdentifier, fromBER } = await import('asn1js');
  const read = fromBER(new ObjectIdentifier({ value: oid }).toBER(false)).result as InstanceType<
    typeof ObjectIdentifier
  >;
  const notation = read.valueBlock.toString();
  notations.set(oid, notation);
  return notation;
}
