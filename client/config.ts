import { ClientError } from './errors.ts';
import { TokenSet } from './tokens.ts';

/** The API authorisation service, as separate addresses. */
export interface PlatformEndpoints {
  authorizeUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
}

/** The OpenID provider, as separate addresses, to avoid discovery. */
export interface ProviderEndpoints {
  authorizeUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
  jwksUrl: string;
  endSessionUrl?: string;
}

/**
 * Returns the three addresses of an authorisation service, for example `https://int.api.service.nhs.uk/oauth2` or
 * `http://localhost:8401/oauth2`.
 */
export function platformAt(base: string): PlatformEndpoints {
  const root = withoutSlash(checkedUrl('base', base));
  return { authorizeUrl: `${root}/authorize`, tokenUrl: `${root}/token`, userinfoUrl: `${root}/userinfo` };
}

/** Returns the addresses of CIS2 for its issuer, which keeps its spelling, including `:443`. */
export function cis2At(issuer: string): ProviderEndpoints {
  const root = withoutSlash(checkedUrl('issuer', issuer));
  return {
    authorizeUrl: `${root}/authorize`,
    tokenUrl: `${root}/access_token`,
    userinfoUrl: `${root}/userinfo`,
    jwksUrl: `${root}/connect/jwk_uri`,
    endSessionUrl: `${root}/connect/endSession`,
  };
}

const LONGEST_URL = 2048;

/**
 * Validates an address in the settings and returns it unchanged: issuers and audiences are compared byte for byte. Plain http is
 * allowed for this machine only. Throws `settings_invalid` with the name of the setting.
 */
export function checkedUrl(setting: string, value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_URL)
    throw new ClientError('settings_invalid', `The setting ${setting} must be an address (a URL).`);
  const url = parsedUrl(setting, value);
  if (url.username !== '' || url.password !== '')
    throw new ClientError(
      'settings_invalid',
      `The setting ${setting} must not carry a user name or password.`,
    );
  if (value.includes('#'))
    throw new ClientError('settings_invalid', `The setting ${setting} must not have a fragment (#).`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new ClientError(
      'settings_invalid',
      `The setting ${setting} must use https: ${value} leaves this machine.`,
    );
  return value;
}

/** Validates a required text; throws `settings_invalid` with the name of the setting. */
export function checkedText(setting: string, value: unknown): string {
  if (typeof value !== 'string' || value.length === 0)
    throw new ClientError('settings_invalid', `The setting ${setting} is missing.`);
  return value;
}

/** Returns a setting that is an object. Throws `settings_invalid`. */
export function checkedObject<T extends object>(setting: string, value: T): T {
  if (typeof value !== 'object' || value === null)
    throw new ClientError('settings_invalid', `The setting ${setting} is missing.`);
  return value;
}

/** Names a wrong value without showing it. */
function kindOf(value: unknown): string {
  if (value === '') return 'an empty text';
  return value instanceof TokenSet ? 'a TokenSet' : typeof value;
}

/** Validates an access token, for which a whole TokenSet is easily passed. Throws `settings_invalid`. */
export function checkedToken(setting: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ClientError('settings_invalid', `The ${setting} is not an access token.`, {
    expected: 'the text of an access token',
    received: kindOf(value),
    advice: 'Use its accessToken, or the function keepFresh(...).freshToken.',
  });
}

/** Validates a duration in seconds. Milliseconds by mistake would disable checks. Throws `settings_invalid`. */
export function checkedSeconds(setting: string, value: number, most: number): number {
  if (Number.isFinite(value) && value >= 0 && value <= most) return value;
  throw new ClientError(
    'settings_invalid',
    `The setting ${setting} must be a number of seconds, ${most} at most.`,
  );
}

/** Returns whether a host name means this machine. // RFC 6761 section 6.3 */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

/** Adds parameters to an address without changing the rest; omits undefined ones. */
export function withQuery(url: string, parameters: Record<string, string | undefined>): string {
  const pairs = Object.entries(parameters)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  if (pairs.length === 0) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

function parsedUrl(setting: string, value: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(value);
  } catch {
    url = undefined;
  }
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new ClientError('settings_invalid', `The setting ${setting} is not an http or https address.`);
  return url;
}

/** Removes a trailing slash, so that a path can be added. */
export function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}
