import { sha256 } from '@alongside/kernel/secrets';
import type { StoredApplication } from '../../oauth/applications.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { StoredProduct } from '../../oauth/products.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import { audienceOf, isFor } from '../audience.ts';
import { type PresentedToken, readAuthorization } from '../bearer.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';

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
export const verifyToken = ({ tokens, applications, developers, clock }: Dependencies) =>
  async function verifyToken({ client, trace }: Arrival & { client: HeaderMap }): Promise<Verified> {
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
  };

/** Refuses a token that names other resources, whether it is a JWT (`aud`) or opaque. */
export const checkAudience = ({ urls }: Dependencies) =>
  function checkAudience({ api, token }: Arrival & Verified): void {
    if (!isFor(token, api, urls.api))
      throw errors.wrongAudience(`the token is for ${audienceOf(token).join(', ')}, not for ${api.name}`);
  };

/** Returns the product that lets the application call this API, preferring one that grants a scope of the token. */
export const matchProduct = ({ products }: Dependencies) =>
  async function matchProduct({
    api,
    application,
    scopes,
  }: Arrival & Verified): Promise<{ product: StoredProduct }> {
    const all = application.platform ? await products.of(application.platform) : [];
    const containing = all.filter(({ apis }) => apis.includes(api.name));
    const product =
      containing.find((candidate) => candidate.scopes.some((scope) => scopes.has(scope))) ?? containing[0];
    if (!product)
      throw errors.noProductMatch(`no approved product of ${application.id} contains ${api.name}`);
    return { product };
  };
