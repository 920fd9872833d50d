import type { Urls } from '../../service.ts';

type Members = Record<string, unknown>;

/** Members of a registration that contain addresses. A registered address cannot contain a brace. */
const addressMembers = [
  'callbackUrls',
  'redirectUris',
  'postLogoutRedirectUris',
  'jwksUrl',
  'backchannelLogoutUri',
];

function mapAddresses(half: Members, change: (address: string) => string): Members {
  const one = (value: unknown) => (typeof value === 'string' ? change(value) : value);
  return Object.fromEntries(
    Object.entries(half).map(([name, value]) => {
      if (!addressMembers.includes(name)) return [name, value];
      return [name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

/**
 * Replaces the origins of this installation with service names, as in `{api}/oauth2/callback`, so that an export also fits an
 * installation on other ports.
 */
export function withServiceNames(half: Members, urls: Urls): Members {
  const longestFirst = Object.entries(urls).sort(([, one], [, other]) => other.length - one.length);
  return mapAddresses(half, (address) => {
    const own = longestFirst.find(
      ([, url]) => address.startsWith(url) && ['', '/', '?'].includes(address.charAt(url.length)),
    );
    return own ? `{${own[0]}}${address.slice(own[1].length)}` : address;
  });
}

/** Replaces service names with the origins of this installation. */
export const withOwnAddresses = (half: Members, urls: Urls): Members =>
  mapAddresses(half, (address) => {
    const [written = '', name = ''] = /^\{(\w+)\}/.exec(address) ?? [];
    return Object.hasOwn(urls, name) ? urls[name as keyof Urls] + address.slice(written.length) : address;
  });
