import { createHash, X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { networkAddress } from '@alongside/kernel/networks';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';

const forwarding = ['forwarded', 'x-forwarded-for', 'via'];
const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Returns the host name in a request; empty without one. */
const hostOf = ({ headers }: HttpRequest): string =>
  URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';

/** Returns the fingerprint of a configured client certificate; undefined for an unknown or expired one. */
function knownClient(der: Buffer, clients: readonly string[], now: number): string | undefined {
  const fingerprint = createHash('sha256').update(der).digest('hex');
  if (!clients.some((client) => equalSecrets(client.toLowerCase().replaceAll(':', ''), fingerprint)))
    return undefined;
  const { validFromDate, validToDate } = new X509Certificate(der);
  return validFromDate.getTime() <= now && now <= validToDate.getTime() ? fingerprint : undefined;
}

interface TransportCall {
  request: HttpRequest;
  cis: {
    /** SHA-256 of client certificates, in hexadecimal. */
    clients: readonly string[];
    clock: Clock;
    /** Public address of CIS. */
    origin: string;
  };
}

/**
 * Allows calls from this machine and from clients with a known certificate: tickets are bearer credentials, so no other network
 * may see them. Rejects requests that a browser or a proxy has sent, and host names other than those of loopback and of CIS, which
 * pages use after DNS rebinding.
 */
export const checkTransport = check(
  'transport',
  function checkTransport({ request, cis: { clients, clock, origin } }: TransportCall): { caller: string } {
    if (request.headers.origin !== undefined)
      throw errors.legacyTransport('the request comes from a web page');
    const client = request.certificate && knownClient(request.certificate, clients, clock.now());
    if (client !== undefined) return { caller: client };
    const isLocal = networkAddress(request.address) === '127.0.0.1';
    if (!isLocal || forwarding.some((name) => request.headers[name] !== undefined))
      throw errors.legacyTransport(`${request.address} without a known certificate`);
    const names = [...loopbackNames, new URL(origin).hostname];
    if (!names.includes(hostOf(request)))
      throw errors.legacyTransport(`the host is not one of ${names.join(', ')}`);
    return { caller: 'loopback' };
  },
);
