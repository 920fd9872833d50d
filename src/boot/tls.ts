import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import type { Config } from '../config.ts';

/** The listeners' certificate and its key; PEM. */
export interface TlsFiles {
  certificate: string;
  key: string;
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The ${what} ${file} cannot be read: ${reasonOf(error)}.`);
  }
}

let ownAuthorities: string[] | undefined;

/**
 * Reads the configured authority. Returns a function that makes this process trust it, besides those of the system, for its own
 * calls.
 */
export function trustAuthority(file: string | undefined): () => void {
  ownAuthorities ??= getCACertificates('default');
  const all = [...ownAuthorities, ...(file === undefined ? [] : [read(file, 'authority certificate')])];
  return () => setDefaultCACertificates(all);
}

/** Reads the certificate and key for HTTPS; undefined if not configured. Throws OperatorError in one sentence. */
export function openTls({ tlsCertificate, tlsKey }: Config): TlsFiles | undefined {
  if (!tlsCertificate && !tlsKey) return undefined;
  if (!tlsCertificate || !tlsKey)
    throw new OperatorError('HTTPS needs both a certificate and its key: --tls-certificate and --tls-key.');
  const files = { certificate: read(tlsCertificate, 'certificate'), key: read(tlsKey, 'key') };
  try {
    createSecureContext({ cert: files.certificate, key: files.key });
  } catch (error) {
    throw new OperatorError(`${tlsCertificate} and ${tlsKey} do not go together: ${reasonOf(error)}.`);
  }
  return files;
}
