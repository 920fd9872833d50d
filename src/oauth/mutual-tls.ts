import { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import {
  type BasicConstraints,
  Certificate,
  CertificateChainValidationEngine,
  type ExtKeyUsage,
} from 'pkijs';
import { type CertificateSubject, subjectFault } from './certificate-subject.ts';
import type { ClientRevocations } from './client-revocations.ts';

/** Maximum number of intermediate certificates, so that an unauthenticated client cannot make path building expensive. */
const maxIntermediates = 4;
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

interface ChainTrust {
  authorities: readonly X509Certificate[];
  /** DER of the other certificates that the client sent. */
  intermediates: readonly Uint8Array[];
  /** Milliseconds. */
  now: number;
}

/** The path from the certificate of the client to an authority, or the reason why no path was found. */
type Chain = { path: readonly Certificate[] } | { fault: string };

const fault = (reason: string): Chain => ({ fault: reason });

/**
 * Builds the path from the certificate of a client to one of the authorities (RFC 5280 section 6). Verifies signatures, validity,
 * basic constraints, path length, key usage and name constraints. `ClientRevocations` checks revocation.
 */
async function chainOf(
  certificate: X509Certificate,
  { authorities, intermediates, now }: ChainTrust,
): Promise<Chain> {
  if (intermediates.length > maxIntermediates)
    return fault(`${intermediates.length} intermediate certificates came, ${maxIntermediates} are allowed`);
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

/** The certificate of a TLS client, and its thumbprint for `cnf`. */
export interface ClientCertificate {
  certificate: X509Certificate;
  /** DER of the other certificates that the client sent. */
  intermediates: readonly Uint8Array[];
  /** `x5t#S256`: SHA-256 of the DER, base64url (RFC 8705 section 3.1). */
  thumbprint: string;
}

/** RFC 8705 section 2. */
export const mutualTlsMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** Parses `request.certificate` without verifying it. Returns undefined if it is missing or cannot be parsed. */
export function readCertificate(
  der: Uint8Array | undefined,
  intermediates: readonly Uint8Array[] = [],
): ClientCertificate | undefined {
  if (der === undefined || der.length === 0) return undefined;
  try {
    return { certificate: new X509Certificate(der), intermediates, thumbprint: sha256(der) };
  } catch {
    return undefined;
  }
}

/** Returns the certificates in a PEM file. Throws if one cannot be parsed. */
export const readAuthorities = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );

const clientAuthentication = '1.3.6.1.5.5.7.3.2';

/** Checks validity and purpose (RFC 5280 sections 4.1.2.5 and 4.2.1.12). Returns the reason for the log, or undefined when valid. */
function useFault({ certificate }: ClientCertificate, now: number): string | undefined {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (!(from <= now)) return `the certificate holds from ${certificate.validFrom}`;
  if (!(now < to)) return `the certificate held until ${certificate.validTo}`;
  const uses: readonly string[] | undefined = certificate.keyUsage;
  return uses === undefined || uses.includes(clientAuthentication)
    ? undefined
    : 'the certificate is not for client authentication';
}

/** Trusted authorities of client certificates, and their revocation lists. */
export interface ClientTrust {
  authorities: readonly X509Certificate[];
  revocations?: ClientRevocations | undefined;
}

/**
 * Verifies `tls_client_auth` (RFC 8705 section 2.1): a path to one of the authorities, and the registered subject. Returns the
 * reason for the log, or undefined when valid.
 */
export async function issuedFault(
  presented: ClientCertificate | undefined,
  subject: CertificateSubject,
  { authorities, revocations, clock }: ClientTrust & { clock: Clock },
): Promise<string | undefined> {
  if (!presented) return 'no client certificate came with the connection';
  const { certificate, intermediates } = presented;
  if (authorities.length === 0) return 'no authority for client certificates is configured';
  const now = clock.now();
  const fault = useFault(presented, now) ?? subjectFault(certificate, subject);
  if (fault !== undefined) return fault;
  const chain = await chainOf(certificate, { authorities, intermediates, now });
  const name = oneLine(certificate.subject);
  if ('fault' in chain) return `no configured authority issued the certificate of ${name}: ${chain.fault}`;
  const revoked = await revocations?.fault(chain.path);
  return revoked && `the certificate of ${name} is not believed: ${revoked}`;
}

/**
 * Verifies `self_signed_tls_client_auth` (RFC 8705 section 2.2): a certificate in the registered key set, as `x5c` or by its
 * public key. Returns the reason for the log, or undefined when valid.
 */
export function selfSignedFault(
  presented: ClientCertificate | undefined,
  keys: readonly JsonWebKey[],
  { clock }: { clock: Clock },
): string | undefined {
  if (!presented) return 'no client certificate came with the connection';
  const { certificate } = presented;
  const registered = keys.some((jwk) =>
    Array.isArray(jwk.x5c)
      ? jwk.x5c[0] === certificate.raw.toString('base64')
      : publicKeyOf(jwk)?.equals(certificate.publicKey) === true,
  );
  if (!registered) return `none of the ${keys.length} registered keys is that of the certificate`;
  return useFault(presented, clock.now());
}

const oneLine = (name: string): string => name.replaceAll('\n', ', ').slice(0, 300);
