import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { trustedProxies } from '@alongside/kernel/peer';
import { type Finding, ok, remark, wrong } from '../../../identity-agent/doctor/report.ts';
import { type AgentStatus, methods } from '../../../identity-agent/protocol.ts';
import { AgentConnection } from '../../../identity-agent/socket/client.ts';
import { certificateProblem } from '../../boot/tls.ts';
import type { StateFile } from '../../state-file.ts';
import { ask, type Check } from './subject.ts';

type Urls = StateFile['urls'];

interface Probe {
  of: string;
  address: (urls: Urls) => string;
  /** The issuer that the response must contain, byte for byte. */
  issuer?: (urls: Urls) => string;
}

/** Requests that show whether each service works. */
const probes: readonly Probe[] = [
  { of: 'console', address: ({ console }) => `${console}/readyz` },
  { of: 'API platform', address: ({ api }) => `${api}/readyz` },
  { of: 'authorisation', address: ({ api }) => `${api}/oauth2/_ping` },
  {
    of: 'authorisation, standard profile',
    address: ({ api }) => `${api}/.well-known/oauth-authorization-server/oauth2.1`,
    issuer: ({ api }) => `${api}/oauth2.1`,
  },
  { of: 'gateway, PDS', address: ({ api }) => `${api}/personal-demographics/FHIR/R4/_ping` },
  { of: 'gateway, hello-world', address: ({ api }) => `${api}/hello-world/_ping` },
  { of: 'gateway, added APIs', address: ({ apis }) => `${apis}/readyz` },
  { of: 'cis2, readiness', address: ({ cis2Issuer }) => `${new URL(cis2Issuer).origin}/readyz` },
  {
    of: 'cis2',
    address: ({ cis2Issuer }) => `${cis2Issuer}/.well-known/openid-configuration`,
    issuer: ({ cis2Issuer }) => cis2Issuer,
  },
  { of: 'identity-agent', address: ({ identityAgent }) => `${identityAgent}/healthz` },
  { of: 'cis', address: ({ cis }) => `${cis}/readyz` },
  { of: 'sample', address: ({ sample }) => `${sample}/` },
];

/** Services that production does not run, or leaves to the workstations. */
const ofDevelopment = ['identity-agent', 'sample'];

/** Fixes for each check of `/readyz`. */
const fixes: Readonly<Record<string, string>> = {
  draining: 'It is stopping. Wait, or start it again.',
  'event-loop': 'It is overloaded: start more processes, or look for what uses the processor.',
  disk: 'Free space on the disk of the data folder and of the database.',
  storage: 'Start the database, or restore the way to it. The log has the reason.',
  schema: 'The database is older than this version: start the processes again, which migrates it.',
  'master-key': 'Give every process the master key of this database (--master-key).',
  'signing-keys': 'A signing key does not open with the master key. Restore the database or the master key.',
};

const notReady = (asked: string, failed: readonly string[], of: string): Finding =>
  wrong(
    `${asked} is not ready: ${failed.join(', ')}.`,
    failed.map((name) => fixes[name] ?? 'See the log of this part.').join(' '),
    of,
  );

/** Whether a service of the instance responds at this port of its public addresses, as behind a proxy on this machine. */
export async function respondsAt(port: number, urls: Urls): Promise<boolean> {
  const probe = probes.find(({ address }) => Number(new URL(address(urls)).port) === port);
  return probe !== undefined && (await judge(probe, urls)).outcome === 'ok';
}

async function judge({ of, address, issuer }: Probe, urls: Urls): Promise<Finding> {
  const asked = address(urls);
  const { status, body, problem } = await ask(asked);
  if (problem?.includes('certificate'))
    return wrong(
      `The certificate of ${asked} is not accepted (${problem}).`,
      'Replace the certificate, or name its authority with --tls-authority.',
      of,
    );
  if (status === undefined)
    return wrong(
      `No server responds at ${asked} (${problem}).`,
      `Start this part, on this machine or where ${new URL(asked).origin} leads. The log has the reason why it ended.`,
      of,
    );
  const failed = (body as { failed?: unknown } | undefined)?.failed;
  if (status === 503 && Array.isArray(failed)) return notReady(asked, failed.map(String), of);
  if (status !== 200)
    return wrong(
      `${asked} answers ${status}.`,
      'Another program or a proxy answers at this address. See the check of the ports.',
      of,
    );
  const named = (body as { issuer?: unknown } | undefined)?.issuer;
  const expected = issuer?.(urls);
  if (expected !== undefined && named !== expected)
    return wrong(
      `${asked} names the issuer ${String(named)}, the configuration ${expected}.`,
      'Give every process the same --url-api and --url-cis2, without a slash at the end.',
      of,
    );
  return ok(asked, of);
}

export const services: Check = {
  name: 'service',
  async run({ console, origin, silence, inProduction }) {
    const due = probes.filter(({ of }) => !(inProduction && ofDevelopment.includes(of)));
    if (console) return Promise.all(due.map((probe) => judge(probe, console.urls)));
    return [
      wrong(
        `No instance answers at ${origin} (${silence}).`,
        'Start one with "npx alongside up", or select one with --port-base or --state.',
        'console',
      ),
    ];
  },
};

const timeout = 5_000;

async function judgeSocket(path: string): Promise<Finding> {
  let connection: AgentConnection | undefined;
  try {
    connection = await AgentConnection.open(path);
    const late = setTimeout(() => connection?.close(), timeout);
    const { state, version } = await connection
      .call<AgentStatus>(methods.status)
      .finally(() => clearTimeout(late));
    return ok(`${path}: version ${version}, state ${state}`);
  } catch (error) {
    return wrong(
      reasonOf(error),
      'Start the instance again on this machine, as this user. The socket is a file: do not delete it.',
    );
  } finally {
    connection?.close();
  }
}

export const agentSocket: Check = {
  name: 'agent-socket',
  async run({ stateFile, console }) {
    if (!console || !stateFile || !('state' in stateFile)) return [];
    const { agentSocket: path } = stateFile.state;
    return path === null
      ? [{ outcome: 'remark', detail: 'This instance runs no Identity Agent.' }]
      : [await judgeSocket(path)];
  },
};

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
    ? { outcome: 'remark', of: origin, detail: `It expires in ${days} days.`, fix: 'Renew it.' }
    : ok(`It is valid for ${days} more days.`, origin);
}

async function judgeOrigin(origin: string): Promise<Finding> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  // The check of the services tests whether it is trusted.
  const socket = connect({
    host,
    port: Number(port || 443),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeout) });
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
    return Promise.all([...origins].filter((origin) => origin.startsWith('https:')).map(judgeOrigin));
  },
};

/** A browser on the machine of a proxy has the address of the proxy, which names no client. */
export const trustedLoopback: Check = {
  name: 'trusted-proxies',
  run({ stateFile }) {
    // The file of an earlier version does not list them.
    const entries = (stateFile && 'state' in stateFile && stateFile.state.trustedProxies) || [];
    const trusted = trustedProxies(entries);
    const address = ['127.0.0.1', '::1'].find((one) => trusted.includes(one));
    if (address === undefined) return [];
    return [
      remark(
        `${address} is a trusted proxy, so CIS2 does not know the address of a browser on this machine and shows it the choice of authenticators. Browsers on other machines are not affected.`,
        'Let the proxy call from another address, in nginx "proxy_bind 127.0.0.2;", and trust that one: --trusted-proxies 127.0.0.2.',
      ),
    ];
  },
};
