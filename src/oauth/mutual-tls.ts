import { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { publicKeyOf } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { chainOf } from './certificate-chain.ts';
import { type CertificateSubject, subjectFault } from './certificate-subject.ts';
import type { ClientRevocations } from './client-revocations.ts';

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
