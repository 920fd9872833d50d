import { timeAt } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import type { StoredApplication } from '../../oauth/applications.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import type { Access } from '../access.ts';
import { addressOf } from '../addresses.ts';
import type { AccessMode } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { type PresentedToken, readAuthorization } from '../headers.ts';
import type { Arrival, WithHeaders } from './request.ts';

export interface Verified {
  presented: PresentedToken;
  token: TokenRecord;
  application: StoredApplication;
  scopes: ReadonlySet<string>;
  access: Access;
}

/** SHA-256 of each token by its record, which calls share. */
const hashes = new WeakMap<TokenRecord, string>();

function hashOf(record: TokenRecord, token: string): string {
  const known = hashes.get(record);
  if (known !== undefined) return known;
  const hash = sha256(token);
  hashes.set(record, hash);
  return hash;
}

/** Reads the token. The public text is about a token, also where an API key is enough, so the reason names the key. */
function presentedOf({ api, client, verb, path }: WithHeaders): PresentedToken {
  const header = client.get('authorization');
  if (header !== undefined || !api.keyed.find(verb, path)) return readAuthorization(header);
  throw errors.missingAuthorization('there is neither a header apikey nor Authorization').about({
    field: 'apikey',
    headline: 'The API key is missing',
    received: 'neither a header apikey nor Authorization',
    expected: 'the API key of an application in the header apikey, or an access token',
  });
}

/**
 * Finds the access token and its application. Expired and unknown tokens are distinguished while the record exists, for a day. A
 * revoked token, one of CIS2, and one of a removed or revoked application are unknown to the platform.
 */
export const verifyToken = check('token', async function verifyToken(call: WithHeaders): Promise<Verified> {
  const { api, trace, gateway } = call;
  const { tokens, registered, clock } = gateway;
  const presented = presentedOf(call);
  trace.scheme = presented.scheme;
  const token = await tokens.findAccess(presented.token);
  const owner = token?.kind === 'access' ? await registered.of(token.applicationId) : undefined;
  const application = owner?.application;
  trace.profile = application?.platform?.profile;
  // The scheme is compared exactly for tokens of the nhs profile, which are never bound, and for unknown tokens.
  const exactly = trace.profile === undefined ? presented.scheme === 'bearer' : trace.profile === 'nhs';
  if (exactly && presented.written !== 'Bearer')
    throw errors.wrongTokenType('the scheme is not exactly Bearer', { type: presented.written });
  if (token === undefined || owner === undefined || application === undefined)
    throw errors.invalidToken('no such access token');
  if (application.platform?.clientId !== token.clientId)
    throw errors.invalidToken('the token is not of this platform');
  trace.token = token;
  trace.tokenHash = hashOf(token, presented.token);
  if (token.revokedAt !== null || token.usedAt !== null) throw errors.invalidToken('the token was revoked');
  if (token.expiresAt <= clock.now())
    throw errors.expiredToken('the token has expired').about({
      field: 'authorization',
      headline: 'The access token has expired',
      received: `a token that expired at ${timeAt(token.expiresAt, clock.now())}`,
      expected: 'a token that is still valid',
    });
  if (!tokens.isLive(token)) throw errors.invalidToken('the token may not be used');
  if (!owner.isUsable) throw errors.invalidToken('the application was revoked, or its developer is inactive');
  const access = owner.access(api, token.scope);
  return { presented, token, application, scopes: access.scopes, access };
});

/**
 * Refuses a token that names other resources (RFC 8707), whether it is a JWT (`aud`) or opaque. A token may name no resource, the
 * platform, or the API by name or address.
 */
export const checkAudience = check('audience', function checkAudience(call: Arrival & Verified): void {
  const { api, token, gateway } = call;
  const audience = token.attributes.aud?.split(' ').filter(Boolean) ?? [];
  if (audience.length === 0) return;
  const platform = gateway.urls.api;
  const names = [platform, `${platform}/${api.name}`, addressOf(gateway.urls, api)];
  if (!audience.some((resource) => names.includes(resource)))
    throw errors.wrongAudience(`the token is for ${audience.join(', ')}, not for ${api.name}`);
});

/** Requires a product that lets the application call this API. */
export const matchProduct = check(
  'product',
  function matchProduct({ api, application, access }: Arrival & Verified): void {
    if (!access.product)
      throw errors.noProductMatch(`no approved product of ${application.id} contains ${api.name}`);
  },
);

/** Refuses scopes of a sign-in that is too weak for this API. */
export const refuseScopes = check('scopes', function refuseScopes({ access }: Verified): void {
  if (access.refusedScope) throw access.refusedScope.refuse();
});

/**
 * Returns the granted mode with the most privilege. Without any, refuses the token, unless the published default is on: then any
 * valid token is application-restricted.
 */
export const findAccessMode = check('mode', function findAccessMode(call: Arrival & Verified): {
  mode: AccessMode;
} {
  const { api, access, trace, gateway } = call;
  const legacy = gateway.options.legacyDefaultMode
    ? api.modes.find(({ name }) => name === api.legacyMode)
    : undefined;
  const mode = access.mode ?? legacy;
  if (!mode)
    throw api.tooWeak?.(call) ?? errors.noProductMatch(`no scope of the token is one of ${api.name}`);
  trace.mode = mode.name;
  return { mode };
});
