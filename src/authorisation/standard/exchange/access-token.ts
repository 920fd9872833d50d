import { inGoodStanding } from '../../../oauth/developers.ts';
import { confirmationOf, isSameConfirmation, type TokenRecord } from '../../../oauth/token-records.ts';
import { upstreamOf } from '../../rotation.ts';
import { actorAttribute, mayActAttribute, partyOf } from '../access-tokens.ts';
import { audienceOf, mayKnowOf } from '../resources.ts';
import type { Asking, TokenType } from './proven.ts';

/** Returns why a client may not exchange a token. Its own client must prove the key of a bound token; a resource server of it may exchange it (RFC 8693 section 5). */
function holderFault(record: TokenRecord, { client, confirmation }: Asking): string | undefined {
  if (record.clientId !== client.registration.clientId)
    return mayKnowOf(client.registration, record)
      ? undefined
      : `it was given to ${record.clientId}, and ${client.registration.clientId} is no resource server of it`;
  const bound = confirmationOf(record);
  return bound === null || isSameConfirmation(bound, confirmation)
    ? undefined
    : `it is bound to ${JSON.stringify(bound)}, proven is ${JSON.stringify(confirmation)}`;
}

/** Returns the attributes about the user, without those of the single token. */
function personOf({ attributes }: TokenRecord): Record<string, string> {
  const {
    jti: _,
    aud: __,
    cnf: ___,
    act: ____,
    may_act: _____,
    _first_issued: ______,
    ...person
  } = attributes;
  return person;
}

/** An access token of this base path, opaque or a JWT: both are stored. */
export const accessToken: TokenType = {
  type: 'urn:ietf:params:oauth:token-type:access_token',
  async read(token, asking, base, parts, as) {
    const record = await parts.tokens.findAccess(token);
    if (record?.issuer !== base.issuer) return { fault: `no access token of ${base.path} is like this` };
    if (!parts.tokens.isLive(record)) return { fault: 'it has expired or was revoked' };
    const owner = await parts.applications.get(record.applicationId);
    if (owner?.platform?.clientId !== record.clientId || !(await inGoodStanding(owner, parts.developers)))
      return { fault: 'its application is gone, revoked or of an inactive developer' };
    const isBound = confirmationOf(record) !== null;
    const fault = as === 'subject' || isBound ? holderFault(record, asking) : undefined;
    if (fault !== undefined) return { fault };
    return {
      sub: record.uid ?? record.clientId,
      iss: base.issuer,
      clientId: record.clientId,
      foreign: record.clientId !== asking.client.registration.clientId,
      uid: record.uid,
      sid: record.sid,
      grant: record.grant,
      expiresAt: record.expiresAt,
      limit: { scope: record.scope.split(' ') },
      resources: audienceOf(record.attributes),
      attributes: { ...personOf(record), auth_grant_type: 'token_exchange' },
      act: partyOf(record.attributes, actorAttribute) ?? null,
      mayAct: partyOf(record.attributes, mayActAttribute) ?? null,
      upstream: upstreamOf(base, record),
    };
  },
};
