import type { X509Certificate } from 'node:crypto';
import {
  type BasicConstraints,
  Certificate,
  CertificateChainValidationEngine,
  type ExtKeyUsage,
} from 'pkijs';

/** Maximum number of intermediate certificates, so that an unauthenticated client cannot make path building expensive. */
const mostIntermediates = 4;
/** Maximum size of an intermediate certificate in octets; one with an RSA-4096 key has about 2,000. */
const longest = 8_192;

const extensions = { basicConstraints: '2.5.29.19', keyUsage: '2.5.29.15', extendedKeyUsage: '2.5.29.37' };
const purposes = { client: '1.3.6.1.5.5.7.3.2', any: '2.5.29.37.0' };

const read = (der: Uint8Array): Certificate => Certificate.fromBER(Uint8Array.from(der).buffer);

const extensionOf = (certificate: Certificate, id: string): unknown =>
  certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue;

/** Returns whether the extended key usage of an authority allows client certificates. */
function mayIssueForClients(certificate: Certificate): boolean {
  const use = extensionOf(certificate, extensions.extendedKeyUsage) as ExtKeyUsage | undefined;
  return use === undefined || use.keyPurposes.some((one) => one === purposes.client || one === purposes.any);
}

/** Checks the path length constraints of a path that starts with the client (RFC 5280 section 4.2.1.9), which the engine ignores. */
const isShortEnough = (path: readonly Certificate[]): boolean =>
  path.slice(1).every((authority, below) => {
    const basic = extensionOf(authority, extensions.basicConstraints) as BasicConstraints | undefined;
    return basic?.pathLenConstraint === undefined || below <= Number(basic.pathLenConstraint);
  });

/** Returns whether the key may sign the handshake (RFC 8446 section 4.4.2.4). */
function maySign(certificate: Certificate): boolean {
  const use = extensionOf(certificate, extensions.keyUsage) as
    | { valueBlock: { valueHexView: Uint8Array } }
    | undefined;
  return use === undefined || ((use.valueBlock.valueHexView[0] ?? 0) & 0x80) !== 0;
}

export interface ChainTrust {
  authorities: readonly X509Certificate[];
  /** DER of the other certificates that the client sent. */
  intermediates: readonly Uint8Array[];
  /** Milliseconds. */
  now: number;
}

/** The path from the certificate of the client to an authority, or the reason why no path was found. */
export type Chain = { path: readonly Certificate[] } | { fault: string };

const fault = (reason: string): Chain => ({ fault: reason });

/**
 * Builds the path from the certificate of a client to one of the authorities (RFC 5280 section 6). Verifies signatures, validity,
 * basic constraints, path length, key usage and name constraints. `ClientRevocations` checks revocation.
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
