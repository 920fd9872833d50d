import { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { errors } from '../errors.ts';

/** What CIS reads out of the certificate of a card. Nothing of it is trusted yet. */
export interface CardCertificate {
  x509: X509Certificate;
  /** Hexadecimal, lower case. */
  serial: string;
  /** The common name: a uid. */
  uid: string;
  /** Milliseconds; both ends belong to it. */
  notBefore: number;
  notAfter: number;
  isAuthority: boolean;
  /** OIDs as asn1js spells them. */
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
  const [{ BitString }, { BasicConstraints, Certificate, CertificatePolicies }] = await Promise.all([
    import('asn1js'),
    import('pkijs'),
  ]);
  const x509 = new X509Certificate(der);
  if (!x509.raw.equals(der)) throw new Error('it is not exactly one certificate in DER');
  const parsed = Certificate.fromBER(new Uint8Array(der));
  const names = parsed.subject.typesAndValues.filter(({ type }) => type === oids.commonName);
  const uid = String(names[0]?.value.valueBlock.value ?? '');
  if (names.length !== 1 || !/^\d{12}$/.test(uid)) throw new Error('its common name is not one uid');
  const extension = (oid: string): unknown =>
    parsed.extensions?.find(({ extnID }) => extnID === oid)?.parsedValue;
  const usage = extension(oids.keyUsage);
  const policies = extension(oids.policies);
  const constraints = extension(oids.constraints);
  return {
    x509,
    serial: x509.serialNumber.toLowerCase(),
    uid,
    notBefore: parsed.notBefore.value.getTime(),
    notAfter: parsed.notAfter.value.getTime(),
    isAuthority: x509.ca || (constraints instanceof BasicConstraints && constraints.cA),
    policies:
      policies instanceof CertificatePolicies
        ? policies.certificatePolicies.map(({ policyIdentifier }) => policyIdentifier)
        : [],
    keyUsage: usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : 0,
  };
}

/** What certificates say, by their bytes: a card shows the same one at each sign-in. */
const read = new Map<string, CardCertificate>();
const mostRead = 1_000;

/** Takes a certificate apart. Throws `certificate_untrusted` when it is not one, or not a person's. */
export async function readCertificate(der: Buffer): Promise<CardCertificate> {
  const bytes = der.toString('latin1');
  const known = read.get(bytes);
  if (known) return known;
  try {
    const certificate = Object.freeze(await parse(der));
    if (read.size >= mostRead) read.clear();
    read.set(bytes, certificate);
    return certificate;
  } catch (error) {
    throw errors.certificateUnreadable(reasonOf(error), {}, error);
  }
}

const spellings = new Map<string, string>();

/** An OID as asn1js spells it when it reads one: arcs beyond 2^53 come back in hexadecimal. */
export async function spellingOf(oid: string): Promise<string> {
  const known = spellings.get(oid);
  if (known !== undefined) return known;
  const { ObjectIdentifier, fromBER } = await import('asn1js');
  const read = fromBER(new ObjectIdentifier({ value: oid }).toBER(false)).result as InstanceType<
    typeof ObjectIdentifier
  >;
  const spelling = read.valueBlock.toString();
  spellings.set(oid, spelling);
  return spelling;
}
