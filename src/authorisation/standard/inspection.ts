import { confirmationOf, tokenTypeOf } from '../../oauth/confirmation.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import type { Client } from '../application/client.ts';
import type { Parts } from '../parts.ts';
import { actorAttribute, mayActAttribute, partyOf } from './access-tokens.ts';
import { audienceOf, mayKnowOf } from './resources.ts';

/** Returns whether a resource server may inspect a token: an access token of any base path whose application is in good standing. */
export const mayInspect =
  (issuers: readonly string[], { applications, developers }: Pick<Parts, 'applications' | 'developers'>) =>
  async ({ registration }: Client, record: TokenRecord): Promise<boolean> => {
    if (record.kind !== 'access' || !issuers.includes(record.issuer) || !mayKnowOf(registration, record))
      return false;
    const owner = await applications.get(record.applicationId);
    return owner?.platform?.clientId === record.clientId && (await inGoodStanding(owner, developers));
  };

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** Returns the actor of a token of the `nhs` profile, which has the published name. */
const publishedActor = ({ actor_user_id: sub }: TokenRecord['attributes']) =>
  sub === undefined ? undefined : { sub };

/** Returns the members of a live token (RFC 7662 section 2.2). */
export function describeToken(record: TokenRecord, api: string): Record<string, unknown> {
  const { attributes } = record;
  const confirmation = confirmationOf(record);
  const audience = audienceOf(attributes);
  return defined({
    iss: record.issuer,
    sub: record.uid ?? record.clientId,
    aud: audience.length > 1 ? audience : (audience[0] ?? api),
    client_id: record.clientId,
    scope: record.scope,
    token_type: tokenTypeOf(confirmation),
    iat: Math.floor(record.issuedAt / 1_000),
    exp: Math.floor(record.expiresAt / 1_000),
    jti: attributes.jti,
    acr: attributes['id_token-acr'],
    act: partyOf(attributes, actorAttribute) ?? publishedActor(attributes),
    may_act: partyOf(attributes, mayActAttribute),
    cnf: confirmation ?? undefined,
  });
}
