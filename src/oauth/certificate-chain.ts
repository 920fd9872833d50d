import type { X509Certificate } from 'node:crypto';
import {
  type BasicConstraints,
  Certificate,
  CertificateChainValidationEngine,
  type ExtKeyUsage,
} from 'pkijs';
import type { ClientRevocations } from './client-revocations.ts';

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
  /** What the authorities have revoked; not looked up where there is none. */
  revocations?: ClientRevocations | undefined;
}

/**
 * Why no path leads from a client's certificate to one of the authorities (RFC 5280 section 6): signatures, validity,
 * basic constraints and path length, key usage, name constraints, and revocation where lists are configured; undefined when one does.
 */
export async function chainFault(
  certificate: X509Certificate,
  { authorities, intermediates, now, revocations }: ChainTrust,
): Promise<string | undefined> {
  if (intermediates.length > mostIntermediates)
    return `${intermediates.length} intermediate certificates came, ${mostIntermediates} are allowed`;
  if (intermediates.some(({ length }) => length > longest)) return 'an intermediate certificate is too large';
  try {
    const own = read(certificate.raw);
    const between = intermediates.map(read);
    if (!maySign(own)) return 'the key of the certificate is not for signatures';
    const engine = new CertificateChainValidationEngine({
      trustedCerts: authorities.map(({ raw }) => read(raw)),
      certs: [...between, own],
      checkDate: new Date(now),
    });
    const { result, resultMessage, certificatePath = [] } = await engine.verify();
    if (!result) return resultMessage;
    if (!isShortEnough(certificatePath)) return 'an authority of its path may not have so many below it';
    if (!certificatePath.slice(1).every(mayIssueForClients))
      return 'an authority of its path may not issue for clients';
    return await revocations?.fault(certificatePath);
  } catch (error) {
    return `a certificate cannot be read: ${(error as Error).message}`;
  }
}
