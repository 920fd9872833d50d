import { sha256 } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import type { StoredApplication } from '../../oauth/applications.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { StoredProduct } from '../../oauth/products.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import type { AccessMode, Caller } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { type PresentedToken, readAuthorization } from '../headers.ts';
import type { Arrival, WithHeaders } from './request.ts';

export interface Verified {
  presented: PresentedToken;
  token: TokenRecord;
  application: StoredApplication;
  scopes: ReadonlySet<string>;
}

/**
 * Finds the access token and its application. Expired and unknown tokens are distinguished while the record exists, for a day. A
 * revoked token, one of CIS2, and one of a removed or revoked application are unknown to the platform.
 */
export const verifyToken = check('token', async function verifyToken(call: WithHeaders): Promise<Verified> {
  const { client, trace, gateway } = call;
  const { tokens, applications, developers, clock } = gateway;
  const presented = readAuthorization(client.get('authorization'));
  trace.scheme = presented.scheme;
  const token = await tokens.find(presented.token);
  const application = token?.kind === 'access' ? await applications.get(token.applicationId) : undefined;
  trace.profile = application?.platform?.profile;
  // The scheme is compared exactly for tokens of the nhs profile, which are never bound, and for unknown tokens.
  const exactly = trace.profile === undefined ? presented.scheme === 'bearer' : trace.profile === 'nhs';
  if (exactly && presented.written !== 'Bearer')
    throw errors.wrongTokenType('the scheme is not exactly Bearer', { type: presented.written });
  if (token === undefined || application === undefined) throw errors.invalidToken('no such access token');
  if (application.platform?.clientId !== token.clientId)
    throw errors.invalidToken('the token is not of this platform');
  trace.token = token;
  trace.tokenHash = sha256(presented.token);
  if (token.revokedAt !== null || token.usedAt !== null) throw errors.invalidToken('the token was revoked');
  if (token.expiresAt <= clock.now()) throw errors.expiredToken();
  if (!tokens.isLive(token)) throw errors.invalidToken('the token may not be used');
  if (!(await inGoodStanding(application, developers)))
    throw errors.invalidToken('the application was revoked, or its developer is inactive');
  return { presented, token, application, scopes: new Set(token.scope.split(' ').filter(Boolean)) };
});

/**
 * Refuses a token that names other resources (RFC 8707), whether it is a JWT (`aud`) or opaque. A token may name no resource, the
 * platform, or the API by name or address.
 */
export const checkAudience = check('audience', function checkAudience(call: Arrival & Verified): void {
  const { api, token, gateway } = call;
  const audience = (token.attributes.aud ?? '').split(' ').filter(Boolean);
  const platform = gateway.urls.api;
  const names = [platform, `${platform}/${api.name}`, `${platform}${api.basePath}`];
  if (audience.length > 0 && !audience.some((resource) => names.includes(resource)))
    throw errors.wrongAudience(`the token is for ${audience.join(', ')}, not for ${api.name}`);
});

/** Returns the product that lets the application call this API, preferring one that grants a scope of the token. */
export const matchProduct = check('product', async function matchProduct(call: Arrival & Verified): Promise<{
  product: StoredProduct;
}> {
  const { api, application, scopes, gateway } = call;
  const all = application.platform ? await gateway.products.of(application.platform) : [];
  const containing = all.filter(({ apis }) => apis.includes(api.name));
  const product =
    containing.find((candidate) => candidate.scopes.some((scope) => scopes.has(scope))) ?? containing[0];
  if (!product) throw errors.noProductMatch(`no approved product of ${application.id} contains ${api.name}`);
  return { product };
});

/** Refuses scopes of a sign-in that is too weak for this API. */
export const refuseScopes = check('scopes', function refuseScopes({ api, scopes }: Arrival & Caller): void {
  const refused = api.refusedScopes.find(({ scope }) => scopes.has(scope));
  if (refused) throw refused.refuse();
});

/**
 * Returns the granted mode with the most privilege. Without any, refuses the token, unless the published default is on: then any
 * valid token is application-restricted.
 */
export const findAccessMode = check('mode', function findAccessMode(call: Arrival & Caller): {
  mode: AccessMode;
} {
  const { api, trace, gateway } = call;
  const legacy = gateway.options.legacyDefaultMode
    ? api.modes.find(({ name }) => name === api.legacyMode)
    : undefined;
  const mode = api.modes.findLast((candidate) => candidate.granted(call)) ?? legacy;
  if (!mode) throw errors.noProductMatch(`no scope of the token is one of ${api.name}`);
  trace.mode = mode.name;
  return { mode };
});
