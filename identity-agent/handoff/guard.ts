import { Answer, type Headers } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { PeerUser } from '@alongside/kernel/peer-user';
import { errors } from '../errors.ts';

/** Returns the accepted host names: loopback names and the configured one. */
export function allowedHosts(origin: string): ReadonlySet<string> {
  const { host, port } = new URL(origin);
  const suffix = port === '' ? '' : `:${port}`;
  return new Set([host, `127.0.0.1${suffix}`, `[::1]${suffix}`, `localhost${suffix}`]);
}

/** Refuses a request with another host name: a page that resolves its own name to loopback (DNS rebinding). */
export function checkHost(request: HttpRequest, allowed: ReadonlySet<string>): void {
  const hosts = request.rawHeaders.filter(
    (_, index) => request.rawHeaders[index - 1]?.toLowerCase() === 'host' && index % 2 === 1,
  );
  const [host, ...more] = hosts;
  if (host === undefined || more.length > 0 || !allowed.has(host.toLowerCase()))
    throw errors.wrongHost(`the host is ${hosts.join(', ').slice(0, 100)}`);
}

/** Settings of the request checks. */
export interface GuardParts {
  /** The agent's origin, as in the `Origin` of its forms. */
  origin: string;
  /** Origin of CIS2, the only page that may call the agent, if enabled. */
  caller: string;
  /** Refuses requests that are not marked as document navigation; off for browsers without Fetch Metadata. */
  strictNavigation: boolean;
  peerUser: PeerUser;
}

/** Creates steps that check the sender of a request before anything in it is read. */
export function createGuards({ origin, caller, strictNavigation, peerUser }: GuardParts) {
  const says = (value: string | string[] | undefined, expected: string) =>
    value === expected || (value === undefined && !strictNavigation);
  return {
    checkNavigation({ request }: { request: HttpRequest }): void {
      const { 'sec-fetch-dest': dest, 'sec-fetch-mode': mode } = request.headers;
      if (!says(dest, 'document') || !says(mode, 'navigate'))
        throw errors.notNavigation(`dest ${dest}, mode ${mode}`);
    },
    async checkPeerUser({ request }: { request: HttpRequest }): Promise<void> {
      if (!(await peerUser.isOurs(request)))
        throw errors.anotherUser('the connection belongs to another local user, or its user is unknown');
    },
    /** Accepts calls from CIS2's own page. */
    checkCaller({ request }: { request: HttpRequest }): void {
      const { origin: from, 'sec-fetch-mode': mode } = request.headers;
      if (from !== caller) throw errors.foreignCaller(`the origin is ${from}`);
      if (!says(mode, 'cors')) throw errors.foreignCaller(`the mode is ${mode}`);
    },
    /** Accepts a preflight for that page. */
    checkPreflight({ request }: { request: HttpRequest }): void {
      const { origin: from, 'access-control-request-method': method } = request.headers;
      if (from !== caller || method !== 'POST')
        throw errors.foreignCaller(`origin ${from}, method ${method}`);
    },
    /** Accepts forms of the agent's own pages, so that no other page can use a PIN attempt. */
    checkOwnForm({ request }: { request: HttpRequest }): void {
      const { origin: from, 'sec-fetch-site': site } = request.headers;
      if (from !== origin) throw errors.crossSite(`the origin is ${from}`);
      if (!says(site, 'same-origin')) throw errors.crossSite(`the site is ${site}`);
    },
    /** Accepts calls of the agent's own script. */
    checkOwnScript({ request }: { request: HttpRequest }): void {
      const { origin: from, 'sec-fetch-site': site } = request.headers;
      if ((from !== undefined && from !== origin) || !says(site, 'same-origin'))
        throw errors.crossSite(`origin ${from}, site ${site}`);
    },
  };
}

export type Guards = ReturnType<typeof createGuards>;

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
  );
