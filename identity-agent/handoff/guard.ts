import { Answer, type Headers } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { PeerUser } from '@alongside/kernel/peer-user';
import { check } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';

/** Returns the accepted host names: loopback names and the configured one. */
export function allowedHosts(origin: string): ReadonlySet<string> {
  const { host, port } = new URL(origin);
  const suffix = port === '' ? '' : `:${port}`;
  return new Set([host, `127.0.0.1${suffix}`, `[::1]${suffix}`, `localhost${suffix}`]);
}

/** Refuses a request with another host name: a page that resolves its own name to loopback (DNS rebinding). */
export function checkHost(request: HttpRequest, allowed: ReadonlySet<string>): void {
  const { rawHeaders } = request;
  const hosts: string[] = [];
  for (let place = 0; place < rawHeaders.length; place += 2)
    if (rawHeaders[place]?.toLowerCase() === 'host') hosts.push(rawHeaders[place + 1] ?? '');
  const [host, ...more] = hosts;
  if (host === undefined || more.length > 0 || !allowed.has(host.toLowerCase()))
    throw errors.wrongHost(`the host is ${hosts.join(', ').slice(0, 100)}`);
}

/** Settings of the request checks. */
export interface GuardSettings {
  /** The agent's origin, as in the `Origin` of its forms. */
  origin: string;
  /** Origin of CIS2, the only page that may call the agent, if enabled. */
  caller: string;
  /** Refuses requests that are not marked as document navigation; off for browsers without Fetch Metadata. */
  strictNavigation: boolean;
  peerUser: PeerUser;
}

/** A request with the settings for its checks. These steps run before anything in it is read. */
export interface GuardedRequest {
  request: HttpRequest;
  guard: GuardSettings;
}

/** Returns whether a header of Fetch Metadata is as expected, or missing where it may be. */
const matches = (
  value: string | string[] | undefined,
  expected: string,
  { strictNavigation }: GuardSettings,
) => value === expected || (value === undefined && !strictNavigation);

export const checkNavigation = check(
  'navigation',
  function checkNavigation({ request, guard }: GuardedRequest): void {
    const { 'sec-fetch-dest': dest, 'sec-fetch-mode': mode } = request.headers;
    if (!matches(dest, 'document', guard) || !matches(mode, 'navigate', guard))
      throw errors.notNavigation(`dest ${dest}, mode ${mode}`);
  },
);

export const checkPeerUser = check(
  'peer-user',
  async function checkPeerUser({ request, guard }: GuardedRequest): Promise<void> {
    if (!(await guard.peerUser.isOurs(request)))
      throw errors.anotherUser('the connection belongs to another local user, or its user is unknown');
  },
);

/** Accepts calls from CIS2's own page. */
export const checkCaller = check('caller', function checkCaller({ request, guard }: GuardedRequest): void {
  const { origin: from, 'sec-fetch-mode': mode } = request.headers;
  if (from !== guard.caller) throw errors.foreignCaller(`the origin is ${from}`);
  if (!matches(mode, 'cors', guard)) throw errors.foreignCaller(`the mode is ${mode}`);
});

/** Accepts a preflight for that page. */
export const checkPreflight = check(
  'caller',
  function checkPreflight({ request, guard }: GuardedRequest): void {
    const { origin: from, 'access-control-request-method': method } = request.headers;
    if (from !== guard.caller || method !== 'POST')
      throw errors.foreignCaller(`origin ${from}, method ${method}`);
  },
);

/** Accepts forms of the agent's own pages, so that no other page can use a PIN attempt. */
export const checkOwnForm = check(
  'own-form',
  function checkOwnForm({ request, guard }: GuardedRequest): void {
    const { origin: from, 'sec-fetch-site': site } = request.headers;
    if (from !== guard.origin) throw errors.crossSite(`the origin is ${from}`);
    if (!matches(site, 'same-origin', guard)) throw errors.crossSite(`the site is ${site}`);
  },
);

/** Accepts calls of the agent's own script. */
export const checkOwnScript = check(
  'own-script',
  function checkOwnScript({ request, guard }: GuardedRequest): void {
    const { origin: from, 'sec-fetch-site': site } = request.headers;
    if ((from !== undefined && from !== guard.origin) || !matches(site, 'same-origin', guard))
      throw errors.crossSite(`origin ${from}, site ${site}`);
  },
);

/** Returns the header with which browsers before Local Network Access let a page call this machine, if they ask for it. */
export const privateNetwork = ({ headers }: Pick<HttpRequest, 'headers'>): Headers =>
  headers['access-control-request-private-network'] === 'true'
    ? { 'access-control-allow-private-network': 'true' }
    : {};

const always: Headers = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
};

/** Adds the headers of every response: no caching, framing or reading by other pages. */
export const secured = (answer: Answer): Answer =>
  new Answer(
    answer.status,
    {
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      ...answer.headers,
      ...always,
    },
    answer.body,
    answer.because,
  );
