import type { BitString } from 'asn1js';
import { type Certificate, CertificateRevocationList, getCrypto } from 'pkijs';

/** A list of revoked certificates (RFC 5280 section 5), with its serial numbers. */
export interface RevocationList {
  crl: CertificateRevocationList;
  /** In lower-case hexadecimal without leading zeros. */
  serials: ReadonlySet<string>;
}

const keyUsage = '2.5.29.15';
/** Bit 6 of the key usage: `cRLSign`. */
const mayList = 0x02;
/** Tolerance for the clock of an authority in milliseconds. */
const skew = 60_000;
const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/** Returns a serial number without leading zeros. */
const serialOf = ({ valueBlock }: { valueBlock: { valueHexView: Uint8Array } }): string =>
  Buffer.from(valueBlock.valueHexView)
    .toString('hex')
    .replace(/^0+(?=.)/, '');

function parse(der: Uint8Array): RevocationList {
  const crl = CertificateRevocationList.fromBER(Uint8Array.from(der).buffer);
  return { crl, serials: new Set(crl.revokedCertificates?.map((entry) => serialOf(entry.userCertificate))) };
}

/** Parses the lists in a file, in PEM or one in DER, without verifying them. Throws for other data. */
export function parseRevocationLists(bytes: Uint8Array): RevocationList[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(pem)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  );
  return (blocks.length > 0 ? blocks : [bytes]).map(parse);
}

/** Returns whether a list is free of critical extensions, which could make it partial or indirect (RFC 5280 section 5.2). */
const isPlain = ({ crl }: RevocationList): boolean =>
  crl.crlExtensions?.extensions.some(({ critical }) => critical) !== true &&
  crl.revokedCertificates?.some((entry) =>
    entry.crlEntryExtensions?.extensions.some(({ critical }) => critical),
  ) !== true;

function mayIssueLists({ extensions }: Certificate): boolean {
  const usage = extensions?.find(({ extnID }) => extnID === keyUsage)?.parsedValue as BitString | undefined;
  return usage === undefined || ((usage.valueBlock.valueHexView[0] ?? 0) & mayList) !== 0;
}

/** Returns whether an authority issued this complete list, and signed it without SHA-1 (RFC 5280 section 6.3.3). */
export async function isListOf(list: RevocationList, authority: Certificate): Promise<boolean> {
  const { crl } = list;
  if (!crl.issuer.isEqual(authority.subject) || !mayIssueLists(authority) || !isPlain(list)) return false;
  const provider = getCrypto(true);
  try {
    if (provider.getHashAlgorithm(crl.signatureAlgorithm) === 'SHA-1') return false;
    return await crl.verify({ issuerCertificate: authority });
  } catch {
    return false;
  }
}

/** Returns the issue time of a list in milliseconds. */
export const madeAt = ({ crl }: RevocationList): number => crl.thisUpdate.value.getTime();

/** Returns whether a list is current: it is valid already, and its required next update is not overdue. */
export const isCurrent = (list: RevocationList, now: number): boolean =>
  madeAt(list) <= now + skew && now < (list.crl.nextUpdate?.value.getTime() ?? 0);

/** Returns whether a list contains a certificate. */
export const isListed = ({ serials }: RevocationList, { serialNumber }: Certificate): boolean =>
  serials.has(serialOf(serialNumber));
