import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** The registered subject of a client certificate: exactly one of these (RFC 8705 section 2.1.2). */
export interface CertificateSubject {
  /** A distinguished name in the order of RFC 4514: `CN=client,O=Example,C=GB`. */
  tls_client_auth_subject_dn?: string;
  tls_client_auth_san_dns?: string;
  tls_client_auth_san_uri?: string;
  tls_client_auth_san_ip?: string;
  tls_client_auth_san_email?: string;
}

const members = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const;

/** Returns the registered subject from an object with other members, such as the attributes of an application. */
export function certificateSubjectOf(registered: Readonly<Record<string, unknown>>): CertificateSubject {
  const named = members.flatMap((name) => {
    const value = registered[name];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(named);
}

const separator = /(?<!\\),/;

/** Returns a distinguished name for comparison, without spaces around separators and with types in capitals. */
const comparable = (name: string): string =>
  name
    .split(separator)
    .map((part) => {
      const at = part.indexOf('=');
      return `${part.slice(0, at).trim().toUpperCase()}=${part.slice(at + 1).trim()}`;
    })
    .join(',');

/** Returns the subject in the order of RFC 4514, the reverse of the certificate. */
const subjectOf = ({ subject }: X509Certificate): string => subject.split('\n').toReversed().join(',');

const kinds = {
  tls_client_auth_san_dns: 'DNS',
  tls_client_auth_san_uri: 'URI',
  tls_client_auth_san_ip: 'IP Address',
  tls_client_auth_san_email: 'email',
} as const;

// Node quotes a value that contains a separator, as JSON.
const alternative = /(DNS|URI|IP Address|email|[A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** Returns the alternative names of one kind; empty if the list cannot be parsed completely. */
function alternatives({ subjectAltName = '' }: X509Certificate, kind: string): string[] {
  const found: string[] = [];
  alternative.lastIndex = 0;
  while (alternative.lastIndex < subjectAltName.length) {
    const [, name, value = ''] = alternative.exec(subjectAltName) ?? [];
    if (name === undefined) return [];
    if (name === kind) found.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return found;
}

/** Returns an address for comparison: an IPv6 address has many spellings. One with a zone is in no certificate. */
function address(text: string): string {
  return isIP(text) === 6 ? (URL.parse(`http://[${text}]/`)?.hostname ?? text) : text;
}

const same: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  DNS: (a, b) => a.toLowerCase() === b.toLowerCase(),
  'IP Address': (a, b) => address(a) === address(b),
};
const exactly = (a: string, b: string): boolean => a === b;

/** Compares a certificate with the registered subject. Returns the reason for the log, or undefined when equal. */
export function subjectFault(
  certificate: X509Certificate,
  registered: CertificateSubject,
): string | undefined {
  const [first, ...others] = members.filter((name) => registered[name] !== undefined);
  if (first === undefined)
    return 'no subject of a certificate is registered (tls_client_auth_subject_dn or another)';
  if (others.length > 0) return `${first} and ${others.join(', ')} are registered: one is allowed`;
  const expected = registered[first] ?? '';
  if (first === 'tls_client_auth_subject_dn') {
    const subject = subjectOf(certificate);
    return comparable(subject) === comparable(expected)
      ? undefined
      : `the subject is ${subject}, registered is ${expected}`;
  }
  const kind = kinds[first];
  const names = alternatives(certificate, kind);
  return names.some((name) => (same[kind] ?? exactly)(name, expected))
    ? undefined
    : `the ${kind} names are ${names.join(' ') || 'none'}, registered is ${expected}`;
}
