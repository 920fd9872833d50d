import type { BitString } from 'asn1js';
import { type Certificate, CertificateRevocationList, getCrypto } from 'pkijs';

/** A list of revoked certificates (RFC 5280 section 5), by the serial numbers in it. */
export interface RevocationList {
  crl: CertificateRevocationList;
  /** In lower-case hexadecimal without leading zeros. */
  serials: ReadonlySet<string>;
}

const keyUsage = '2.5.29.15';
/** Bit 6 of the key usage: `cRLSign`. */
const mayList = 0x02;
/** Milliseconds that the clock of an authority may be ahead of ours. */
const skew = 60_000;
const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/** One spelling for a serial number, however many zeros stand before it. */
const serialOf = ({ valueBlock }: { valueBlock: { valueHexView: Uint8Array } }): string =>
  Buffer.from(valueBlock.valueHexView)
    .toString('hex')
    .replace(/^0+(?=.)/, '');

function parse(der: Uint8Array): RevocationList {
  const crl = CertificateRevocationList.fromBER(Uint8Array.from(der).buffer);
  return { crl, serials: new Set(crl.revokedCertificates?.map((entry) => serialOf(entry.userCertificate))) };
}

/** The lists in a file: one or several in PEM, or one in DER. Nothing of them is checked. Throws on what is none. */
export function parseRevocationLists(bytes: Uint8Array): RevocationList[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(pem)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  );
  return (blocks.length > 0 ? blocks : [bytes]).map(parse);
}

/** What is not understood makes a list another one: a part of it, or one that speaks for others (RFC 5280 section 5.2). */
const isPlain = ({ crl }: RevocationList): boolean =>
  crl.crlExtensions?.extensions.some(({ critical }) => critical) !== true &&
  crl.revokedCertificates?.some((entry) =>
    entry.crlEntryExtensions?.extensions.some(({ critical }) => critical),
  ) !== true;

function mayIssueLists({ extensions }: Certificate): boolean {
  const usage = extensions?.find(({ extnID }) => extnID === keyUsage)?.parsedValue as BitString | undefined;
  return usage === undefined || ((usage.valueBlock.valueHexView[0] ?? 0) & mayList) !== 0;
}

/** Whether this authority issued a list, whole and signed with a hash that holds (RFC 5280 section 6.3.3). */
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

/** When a list was made, in milliseconds. */
export const madeAt = ({ crl }: RevocationList): number => crl.thisUpdate.value.getTime();

/** Whether a list speaks of now: it has begun, and the next one, which it must name, is not overdue. */
export const isCurrent = (list: RevocationList, now: number): boolean =>
  madeAt(list) <= now + skew && now < (list.crl.nextUpdate?.value.getTime() ?? 0);

/** Whether a certificate stands in a list. */
export const isListed = ({ serials }: RevocationList, { serialNumber }: Certificate): boolean =>
  serials.has(serialOf(serialNumber));
