import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

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
