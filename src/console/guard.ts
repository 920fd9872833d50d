import type { HttpRequest } from '@alongside/kernel/http';
import type { PeerUser } from '@alongside/kernel/peer-user';
import { errors } from './errors.ts';

/** What the guard must know of the installation. */
export interface GuardSettings {
  allowedHosts: readonly string[];
  /** `http:` or `https:`: how the console is reached from outside. */
  scheme: string;
  /** Who may connect. In production administrators sign in, and a proxy has a user of its own. */
  peerUser: PeerUser;
}

type Check = (request: HttpRequest, settings: GuardSettings) => void | Promise<void>;

/** A page that rebinds its name to this machine sends its own Host: this check is what stops it. */
const checkHost: Check = ({ headers, rawHeaders }, { allowedHosts }) => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 && allowedHosts.includes(headers.host ?? '')) return;
  throw errors.wrongHost(
    `Host is ${hosts === 1 ? headers.host : `there ${hosts} times`}, expected ${allowedHosts.join(' or ')}`,
  );
};

const checkOrigin: Check = ({ headers }, { scheme }) => {
  const own = `${scheme}//${headers.host}`;
  if (headers.origin === undefined || headers.origin === own) return;
  throw errors.foreignOrigin(`Origin is ${headers.origin}, expected ${own}`);
};

const ownSites: readonly unknown[] = [undefined, 'none', 'same-origin'];

const isPage = (path: string): boolean => path === '/' || path === '/sign-in' || path.startsWith('/invite/');

/** A link on another page or in a mail may lead a person to the console's own pages, and to nothing else. */
const isVisit = ({ method, path, headers }: HttpRequest): boolean =>
  method === 'GET' &&
  isPage(path) &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document';

const checkSite: Check = (request) => {
  const site = request.headers['sec-fetch-site'];
  if (ownSites.includes(site) || isVisit(request)) return;
  throw errors.crossSite(`Sec-Fetch-Site is ${String(site)}`);
};

/** Any user of this machine reaches loopback; whoever reaches this console may do all. */
const checkPeerUser: Check = async (request, { peerUser }) => {
  if (await peerUser.isOurs(request)) return;
  throw errors.anotherUser('the connection belongs to another local user, or is in no table of connections');
};

/** Header of every answer that wants a sign-in. */
export const signInChallenge = { 'www-authenticate': 'Administrator realm="Alongside console"' };

const writes: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  PATCH: ['application/json', 'application/merge-patch+json'],
};

/** No form of any page can send JSON. A write that says nothing may leave the type out. */
const checkMediaType: Check = ({ method, headers, body }) => {
  if (!writes.includes(method)) return;
  const header = headers['content-type'];
  if (header === undefined && body === '') return;
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!(mediaTypes[method] ?? ['application/json']).includes(type))
    throw errors.mediaType(`Content-Type is ${type || 'missing'}`);
};

/** In this order, before any route. */
const checks: readonly Check[] = [checkHost, checkOrigin, checkSite, checkPeerUser, checkMediaType];

/** The look at every request. Throws the refusal of the first check that fails. */
export const createGuard = (settings: GuardSettings) =>
  async function guard(request: HttpRequest): Promise<undefined> {
    for (const check of checks) await check(request, settings);
    return undefined;
  };
