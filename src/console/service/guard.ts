import { foreignOrigin, foreignSite } from '@alongside/kernel/foreign-page';
import type { HttpRequest } from '@alongside/kernel/http';
import type { PeerUser } from '@alongside/kernel/peer-user';
import { errors } from '../model/errors.ts';

export interface GuardSettings {
  allowedHosts: readonly string[];
  /** `http:` or `https:`, as browsers see it. */
  scheme: string;
  /** In production any user may connect: administrators sign in, and a proxy runs as another user. */
  peerUser: PeerUser;
}

type Check = (request: HttpRequest, settings: GuardSettings) => void | Promise<void>;

/** Stops DNS rebinding, where a page resolves its own name to this machine. */
const checkHost: Check = ({ headers, rawHeaders }, { allowedHosts }) => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 && allowedHosts.includes(headers.host ?? '')) return;
  throw errors.wrongHost(
    `Host is ${hosts === 1 ? headers.host : `present ${hosts} times`}, expected ${allowedHosts.join(' or ')}`,
  );
};

const checkOrigin: Check = (request, { scheme }) => {
  const foreign = foreignOrigin(request, `${scheme}//${request.headers.host}`);
  if (foreign !== undefined) throw errors.foreignOrigin(foreign);
};

/** Pages change nothing. */
const isPage = (path: string): boolean => !path.startsWith('/api/') && !path.startsWith('/fragments/');

/** Returns whether a browser follows a link from another site or from mail to a page. */
const isNavigation = ({ method, path, headers }: HttpRequest): boolean =>
  method === 'GET' &&
  isPage(path) &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document';

const checkSite: Check = (request) => {
  const foreign = foreignSite(request);
  if (foreign !== undefined && !isNavigation(request)) throw errors.crossSite(foreign);
};

/** All local users can reach loopback, and the console gives full access. */
const checkPeerUser: Check = async (request, { peerUser }) => {
  if (await peerUser.isOurs(request)) return;
  throw errors.anotherUser('the connection belongs to another local user or is not listed');
};

/** The challenge of a 401 (RFC 9110 section 11.6.1). */
export const signInChallenge = { 'www-authenticate': 'Administrator realm="Alongside console"' };

const writes: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  PATCH: ['application/json', 'application/merge-patch+json'],
};

/** Of calls that take a file. A form on another site cannot send these either. */
const fileTypes: readonly string[] = ['application/json', 'text/csv'];

/** Requires JSON, which a form on another site cannot send. A write without a body needs no type. */
const checkMediaType: Check = ({ method, headers, body, incoming }) => {
  if (!writes.includes(method)) return;
  const header = headers['content-type'];
  if (header === undefined && body === '' && !incoming?.body) return;
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!(incoming ? fileTypes : (mediaTypes[method] ?? ['application/json'])).includes(type))
    throw errors.mediaType(`Content-Type is ${type || 'missing'}`);
};

type CheckName = 'host' | 'origin' | 'site' | 'user' | 'media type';

const checks: Readonly<Record<CheckName, Check>> = {
  host: checkHost,
  origin: checkOrigin,
  site: checkSite,
  user: checkPeerUser,
  'media type': checkMediaType,
};

/** Creates the check of every request, which throws the first refusal. */
export const createGuard = (settings: GuardSettings) =>
  async function guard(request: HttpRequest): Promise<undefined> {
    for (const check of Object.values(checks)) await check(request, settings);
    return undefined;
  };
