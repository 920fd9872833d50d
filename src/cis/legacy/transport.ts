import { createHash, X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { networkAddress } from '../address.ts';
import { errors } from '../errors.ts';

const forwarding = ['forwarded', 'x-forwarded-for', 'via'];
const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The name that a request was sent to; empty when it names none. */
const hostOf = ({ headers }: HttpRequest): string =>
  URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';

/** The client by its certificate, if it is one that is known and in date. */
function knownClient(der: Buffer, clients: readonly string[], now: number): string | undefined {
  const print = createHash('sha256').update(der).digest('hex');
  if (!clients.some((client) => equalSecrets(client.toLowerCase().replaceAll(':', ''), print)))
    return undefined;
  const { validFromDate, validToDate } = new X509Certificate(der);
  return validFromDate.getTime() <= now && now <= validToDate.getTime() ? print : undefined;
}

/**
 * Who may call: this machine, or a client that TLS knows by its certificate. The ticket is good for whoever holds it, so it never
 * goes over a network to others. A request that a browser or somebody's proxy has sent on does not count as from this machine, nor
 * does one under a name that is not ours: a page whose name was rebound to loopback reads as its own (DNS rebinding).
 * @param origin public address of CIS, whose name counts as ours
 */
export function createTransportCheck(clients: readonly string[], clock: Clock, origin: string) {
  const names = new Set([...loopbackNames, new URL(origin).hostname]);
  return function requireTransport({ request }: { request: HttpRequest }): { caller: string } {
    if (request.headers.origin !== undefined)
      throw errors.legacyTransport('the request comes from a web page');
    const client = request.certificate && knownClient(request.certificate, clients, clock.now());
    if (client !== undefined) return { caller: client };
    const local = networkAddress(request.address) === '127.0.0.1';
    if (!local || forwarding.some((name) => request.headers[name] !== undefined))
      throw errors.legacyTransport(`${request.address} without a known certificate`);
    if (!names.has(hostOf(request)))
      throw errors.legacyTransport(`it was sent to another name than ${[...names].join(', ')}`);
    return { caller: 'loopback' };
  };
}
