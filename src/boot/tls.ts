import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { reasonOf } from '@alongside/kernel/errors';
import { ConfigurationError } from '@alongside/kernel/operator';
import type { Config } from '../config.ts';

/** The listeners' certificate and its key; PEM. */
export interface TlsFiles {
  certificate: string;
  key: string;
}

/** Reads a file that a setting names. Throws ConfigurationError in one sentence. */
export function textIn(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`The ${what} ${file} cannot be read: ${reasonOf(error)}.`);
  }
}

let systemAuthorities: string[] | undefined;

/** The authority that this process trusts besides those of the system; PEM. */
let ownAuthority: string | undefined;

/**
 * Reads the configured authority. Returns a function that makes this process trust it, besides those of the system, for its own
 * calls.
 */
export function trustAuthority(file: string | undefined): () => void {
  const authority = file === undefined ? undefined : textIn(file, 'authority certificate');
  return () => {
    // Node parses every certificate again, which takes 10 ms.
    if (authority === ownAuthority) return;
    systemAuthorities ??= getCACertificates('default');
    setDefaultCACertificates([...systemAuthorities, ...(authority === undefined ? [] : [authority])]);
    ownAuthority = authority;
  };
}

/** Reads the certificate and key for HTTPS; undefined if not configured. Throws ConfigurationError in one sentence. */
export function openTls({ tlsCertificate, tlsKey }: Config): TlsFiles | undefined {
  if (!tlsCertificate && !tlsKey) return undefined;
  if (!tlsCertificate || !tlsKey)
    throw new ConfigurationError(
      'HTTPS needs both a certificate and its key: --tls-certificate and --tls-key.',
    );
  const files = { certificate: textIn(tlsCertificate, 'certificate'), key: textIn(tlsKey, 'key') };
  try {
    createSecureContext({ cert: files.certificate, key: files.key });
  } catch (error) {
    throw new ConfigurationError(`${tlsCertificate} and ${tlsKey} do not go together: ${reasonOf(error)}.`);
  }
  return files;
}

const hostOf = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

const isFor = (certificate: X509Certificate, hostname: string): boolean => {
  const host = hostOf(hostname);
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
};

/** Returns the problem of the first certificate in a PEM text with these host names at this time, as a clause. */
export function certificateProblem(
  pem: string,
  hostnames: readonly string[],
  now: number,
): string | undefined {
  const certificate = new X509Certificate(pem);
  if (now < certificate.validFromDate.getTime())
    return `is not valid before ${certificate.validFromDate.toISOString()}`;
  if (now > certificate.validToDate.getTime()) return `expired at ${certificate.validToDate.toISOString()}`;
  const other = hostnames.find((hostname) => !isFor(certificate, hostname));
  return other === undefined ? undefined : `is not for ${other}`;
}
