import type { X509Certificate } from 'node:crypto';
import {
  type BasicConstraints,
  Certificate,
  CertificateChainValidationEngine,
  type ExtKeyUsage,
} from 'pkijs';

/** Most certificates between a client's and an authority: building paths over more would be work for a stranger. */
const mostIntermediates = 4;
/** Longest of them in octets; a key of RSA-4096 needs about 2,000. */
const longest = 8_192;

const extensions = { basicConstraints: '2.5.29.19', keyUsage: '2.5.29.15', extendedKeyUsage: '2.5.29.37' };
const purposes = { client: '1.3.6.1.5.5.7.3.2', any: '2.5.29.37.0' };

const read = (der: Uint8Array): Certificate => Certificate.fromBER(Uint8Array.from(der).buffer);

const extensionOf = (certificate: Certificate, id: string): unknown =>
  certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue;

/** Whether an authority that is limited to purposes may issue for clients. */
function mayIssueForClients(certificate: Certificate): boolean {
  const use = extensionOf(certificate, extensions.extendedKeyUsage) as ExtKeyUsage | undefined;
  return use === undefined || use.keyPurposes.some((one) => one === purposes.client || one === purposes.any);
}

/** Whether none of a path, the client first, has more authorities below it than it allows (RFC 5280 section 4.2.1.9): the engine does not look. */
const isShortEnough = (path: readonly Certificate[]): boolean =>
  path.slice(1).every((authority, below) => {
    const basic = extensionOf(authority, extensions.basicConstraints) as BasicConstraints | undefined;
    return basic?.pathLenConstraint === undefined || below <= Number(basic.pathLenConstraint);
  });

/** Whether the key may sign the handshake (RFC 8446 section 4.4.2.4). */
function maySign(certificate: Certificate): boolean {
  const use = extensionOf(certificate, extensions.keyUsage) as
    | { valueBlock: { valueHexView: Uint8Array } }
    | undefined;
  return use === undefined || ((use.valueBlock.valueHexView[0] ?? 0) & 0x80) !== 0;
}

/** What a certificate is held against. */
export interface ChainTrust {
  authorities: readonly X509Certificate[];
  /** DER of what the client sent besides its own certificate. */
  intermediates: readonly Uint8Array[];
  /** Milliseconds. */
  now: number;
}

/** The path from a client's certificate, which is first, to an authority, which is last; or why there is none. */
export type Chain = { path: readonly Certificate[] } | { fault: string };

const fault = (reason: string): Chain => ({ fault: reason });

/**
 * Builds the path that leads from a client's certificate to one of the authorities (RFC 5280 section 6): signatures, validity,
 * basic constraints and path length, key usage, name constraints. Revocation is for `ClientRevocations`.
 */
export async function chainOf(
  certificate: X509Certificate,
  { authorities, intermediates, now }: ChainTrust,
): Promise<Chain> {
  if (intermediates.length > mostIntermediates)
    return fault(`${intermediates.length} intermediate certificates came, ${mostIntermediates} are allowed`);
  if (intermediates.some(({ length }) => length > longest))
    return fault('an intermediate certificate is too large');
  try {
    const own = read(certificate.raw);
    const between = intermediates.map(read);
    if (!maySign(own)) return fault('the key of the certificate is not for signatures');
    const engine = new CertificateChainValidationEngine({
      trustedCerts: authorities.map(({ raw }) => read(raw)),
      certs: [...between, own],
      checkDate: new Date(now),
    });
    const { result, resultMessage, certificatePath = [] } = await engine.verify();
    if (!result) return fault(resultMessage);
    if (!isShortEnough(certificatePath))
      return fault('an authority of its path may not have so many below it');
    return certificatePath.slice(1).every(mayIssueForClients)
      ? { path: certificatePath }
      : fault('an authority of its path may not issue for clients');
  } catch (error) {
    return fault(`a certificate cannot be read: ${(error as Error).message}`);
  }
}
