import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { certificateProblem } from '../../boot/tls.ts';
import type { Check } from './check.ts';

const patience = 5_000;
const day = 86_400_000;
/** Days before expiry in which a certificate gets a remark. */
const soon = 14;

/** Judges a server's certificate for this host name at this time. */
export function judgeCertificate(pem: string, validTo: Date, origin: string, now: number): Finding {
  const problem = certificateProblem(pem, [new URL(origin).hostname], now);
  if (problem !== undefined)
    return wrong(
      `The certificate of ${origin} ${problem}.`,
      'Replace the files of --tls-certificate and --tls-key, or the certificate of the proxy.',
      origin,
    );
  const days = Math.floor((validTo.getTime() - now) / day);
  return days < soon
    ? { outcome: 'remark', of: origin, detail: `It expires in ${days} days.`, mend: 'Renew it.' }
    : ok(`It is valid for ${days} more days.`, origin);
}

async function judge(origin: string): Promise<Finding> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  // The check of the services tests whether it is trusted.
  const socket = connect({
    ...{ host, port: Number(port || 443), rejectUnauthorized: false },
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(patience) });
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) throw new Error('no certificate was sent');
    return judgeCertificate(certificate.toString(), certificate.validToDate, origin, systemClock.now());
  } catch (error) {
    return wrong(
      `The certificate of ${origin} cannot be read: ${reasonOf(error)}.`,
      'See the check of the services.',
      origin,
    );
  } finally {
    socket.destroy();
  }
}

/** Checks the certificates of the public addresses. Production has no sample application, and its agents are elsewhere. */
export const certificate: Check = {
  name: 'certificate',
  async run({ console, inProduction }) {
    const { sample, identityAgent, ...served } = console?.urls ?? {};
    const urls = Object.values(inProduction ? served : { ...served, sample, identityAgent });
    const origins = new Set(urls.flatMap((url) => (url === undefined ? [] : [new URL(url).origin])));
    return Promise.all([...origins].filter((origin) => origin.startsWith('https:')).map(judge));
  },
};
