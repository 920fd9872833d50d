import type { Urls } from '../../service.ts';

/** Members of a registration that hold addresses. No address that may be registered has a brace in it. */
const addressMembers = [
  'callbackUrls',
  'redirectUris',
  'postLogoutRedirectUris',
  'jwksUrl',
  'backchannelLogoutUri',
];

type Members = Record<string, unknown>;

function mapped(half: Members, change: (address: string) => string): Members {
  const one = (value: unknown) => (typeof value === 'string' ? change(value) : value);
  return Object.fromEntries(
    Object.entries(half).map(([name, value]) => {
      if (!addressMembers.includes(name)) return [name, value];
      return [name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

/**
 * The half of a registration with each address of this installation written by the part's name, `{api}/oauth2/callback`:
 * the same export stands for an installation at other ports.
 */
export function withPartNames(half: Members, urls: Urls): Members {
  const longestFirst = Object.entries(urls).sort(([, one], [, other]) => other.length - one.length);
  return mapped(half, (address) => {
    const own = longestFirst.find(
      ([, url]) => address.startsWith(url) && ['', '/', '?'].includes(address.charAt(url.length)),
    );
    return own ? `{${own[0]}}${address.slice(own[1].length)}` : address;
  });
}

/** The half of a registration with the addresses that the named parts have here. */
export const withOwnAddresses = (half: Members, urls: Urls): Members =>
  mapped(half, (address) => {
    const [written = '', name = ''] = /^\{(\w+)\}/.exec(address) ?? [];
    return Object.hasOwn(urls, name) ? urls[name as keyof Urls] + address.slice(written.length) : address;
  });
