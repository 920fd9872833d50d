import type { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { CertificateRevocationList } from 'pkijs';
import { type ExternalIssuer, type Finding, requireFresh, StatusUnknown } from './external-issuer.ts';
import { signatureHolds } from './signatures.ts';

/** A list of revoked certificates whose signature holds. Times in milliseconds. */
export interface CheckedCrl {
  thisUpdate: number;
  nextUpdate: number | undefined;
  /** Reasons by serial in lower-case hexadecimal without leading zeros. */
  revoked: ReadonlyMap<string, string>;
}

const oids = { authorityKey: '2.5.29.35', number: '2.5.29.20', reason: '2.5.29.21' };
const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  '',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];
const mostEntries = 100_000;

/** One spelling for a serial number, however many zeros stand before it. */
const plainSerial = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, '');

type Entry = NonNullable<CertificateRevocationList['revokedCertificates']>[number];

function reasonIn(entry: Entry): string {
  const extension = entry.crlEntryExtensions?.extensions.find(({ extnID }) => extnID === oids.reason);
  const value = extension?.extnValue.valueBlock.valueHexView;
  // ENUMERATED of one byte (RFC 5280 section 5.3.1).
  return reasons[value?.length === 3 ? (value[2] ?? 0) : 0] || 'unspecified';
}

/** Reads a list as DER. Throws StatusUnknown for what is none; nothing is checked yet. */
export async function parseCrl(der: Uint8Array): Promise<CertificateRevocationList> {
  const { CertificateRevocationList: Crl } = await import('pkijs');
  let crl: CertificateRevocationList;
  try {
    crl = Crl.fromBER(new Uint8Array(der));
  } catch (error) {
    throw new StatusUnknown(`it is no list: ${reasonOf(error).slice(0, 100)}`, { cause: error });
  }
  if ((crl.revokedCertificates?.length ?? 0) > mostEntries)
    throw new StatusUnknown(`it has more than ${mostEntries} entries`);
  return crl;
}

/** Reads and checks a list: whose it is, that its issuer signed it, and that it is a whole one. Throws StatusUnknown. */
export async function checkCrl(der: Uint8Array, issuer: X509Certificate): Promise<CheckedCrl> {
  const { Certificate } = await import('pkijs');
  const crl = await parseCrl(der);
  const parsed = Certificate.fromBER(new Uint8Array(issuer.raw));
  if (!crl.issuer.isEqual(parsed.subject)) throw new StatusUnknown('it is of another issuer');
  const holds = await signatureHolds(
    crl.tbsView as Uint8Array<ArrayBuffer>,
    crl.signatureValue,
    parsed.subjectPublicKeyInfo,
    crl.signatureAlgorithm,
  );
  if (!holds) throw new StatusUnknown('its signature does not hold');
  // A part of a list, or one that speaks for others, would have to be read in another way (RFC 5280 section 5.2).
  const odd = crl.crlExtensions?.extensions.find(({ critical }) => critical);
  if (odd) throw new StatusUnknown(`its critical extension ${odd.extnID} is not known here`);
  const revoked = new Map<string, string>();
  for (const entry of crl.revokedCertificates ?? []) {
    if (entry.crlEntryExtensions?.extensions.some(({ critical }) => critical))
      throw new StatusUnknown('an entry has a critical extension that is not known here');
    const serial = Buffer.from(entry.userCertificate.valueBlock.valueHexView).toString('hex');
    revoked.set(plainSerial(serial), reasonIn(entry));
  }
  return {
    thisUpdate: crl.thisUpdate.value.getTime(),
    nextUpdate: crl.nextUpdate?.value.getTime(),
    revoked,
  };
}

/** What a list says of a certificate. Throws StatusUnknown when it is too old. */
export function findInCrl(crl: CheckedCrl, serial: string, issuer: ExternalIssuer, now: number): Finding {
  requireFresh(crl, issuer.freshness, now);
  const reason = crl.revoked.get(plainSerial(serial));
  return reason === undefined ? { revoked: false } : { revoked: true, reason };
}
