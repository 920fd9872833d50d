import type { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { CertificateRevocationList, type RevokedCertificate } from 'pkijs';
import type { ExternalIssuer } from './external-issuers.ts';
import { isSignedBy, parseCertificate } from './signatures.ts';
import { type RevocationStatus, reasonName, requireFresh, StatusUnknown } from './status.ts';

// Loaded for the first check.

/** A CRL with a valid signature. Times in milliseconds. */
export interface CheckedCrl {
  thisUpdate: number;
  nextUpdate: number | undefined;
  /** Reasons by serial, in lower-case hexadecimal without leading zeros. */
  revoked: ReadonlyMap<string, string>;
}

const reasonCode = '2.5.29.21';
const maxEntries = 100_000;

/** Removes leading zeros, which issuers spell differently. */
const plainSerial = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, '');

function reasonIn(entry: RevokedCertificate): string {
  const extension = entry.crlEntryExtensions?.extensions.find(({ extnID }) => extnID === reasonCode);
  const value = extension?.extnValue.valueBlock.valueHexView;
  // ENUMERATED of one byte (RFC 5280 section 5.3.1).
  return reasonName(value?.length === 3 ? (value[2] ?? 0) : 0);
}

/** Parses a CRL in DER and checks nothing. @throws StatusUnknown */
export function parseCrl(der: Uint8Array): CertificateRevocationList {
  let crl: CertificateRevocationList;
  try {
    crl = CertificateRevocationList.fromBER(new Uint8Array(der));
  } catch (error) {
    throw new StatusUnknown(`it is not a CRL: ${reasonOf(error).slice(0, 100)}`, { cause: error });
  }
  if ((crl.revokedCertificates?.length ?? 0) > maxEntries)
    throw new StatusUnknown(`it has more than ${maxEntries} entries`);
  return crl;
}

/** Parses a CRL and checks that it is complete and signed by its issuer. @throws StatusUnknown */
export async function checkCrl(der: Uint8Array, certificate: X509Certificate): Promise<CheckedCrl> {
  const crl = parseCrl(der);
  const issuer = parseCertificate(certificate);
  if (!crl.issuer.isEqual(issuer.subject)) throw new StatusUnknown('it has another issuer');
  if (!(await isSignedBy(issuer, crl.tbsView, crl.signatureValue, crl.signatureAlgorithm)))
    throw new StatusUnknown('its signature is invalid');
  // Delta and indirect CRLs have critical extensions (RFC 5280 section 5.2).
  const unknown = crl.crlExtensions?.extensions.find(({ critical }) => critical);
  if (unknown) throw new StatusUnknown(`its critical extension ${unknown.extnID} is unknown`);
  const revoked = new Map<string, string>();
  for (const entry of crl.revokedCertificates ?? []) {
    if (entry.crlEntryExtensions?.extensions.some(({ critical }) => critical))
      throw new StatusUnknown('an entry has an unknown critical extension');
    const serial = Buffer.from(entry.userCertificate.valueBlock.valueHexView).toString('hex');
    revoked.set(plainSerial(serial), reasonIn(entry));
  }
  return { thisUpdate: crl.thisUpdate.value.getTime(), nextUpdate: crl.nextUpdate?.value.getTime(), revoked };
}

/** Returns the status of a certificate by a CRL. @throws StatusUnknown for a CRL that is too old */
export function statusInCrl(
  crl: CheckedCrl,
  serial: string,
  { freshness }: ExternalIssuer,
  now: number,
): RevocationStatus {
  requireFresh(crl, freshness, now);
  const reason = crl.revoked.get(plainSerial(serial));
  return reason === undefined ? { revoked: false } : { revoked: true, reason };
}
