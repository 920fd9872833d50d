import { json } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import type { WithProducts } from '../../application/client.ts';
import { type Attributes, roleIdsAttribute, userAttributes } from '../../attributes.ts';
import { errors } from '../../errors.ts';
import type { Incoming } from '../../incoming.ts';
import { accessLifetime, Issuer, type TokenGrant } from '../../issue.ts';
import { scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { revoking } from '../../revoking.ts';
import type { Level } from '../../upstream/upstream.ts';
import { actorAttributes, checkActor, verifyActor, type WithActor } from './actor-token.ts';
import { authenticated } from './assertion-steps.ts';
import { accessTokenType, grant, grantTypes, idTokenType } from './grant.ts';
import {
  checkSubject,
  checkSubjectAudience,
  checkSubjectIssuer,
  checkSubjectSignature,
  decodeSubject,
  refuseEndedSession,
  refuseForeign,
  useIdTokenOnce,
  type WithIssuer,
} from './subject-token.ts';

export async function keepScopes({
  subject,
  upstream,
  products,
}: WithIssuer & WithProducts): Promise<{ scope: string[]; level: Level }> {
  const level = upstream.levelOf(subject.claims);
  if (!level) throw errors.noScope(`the subject token of ${upstream.id} has no level`);
  const scope = scopesAt(products, level.marker);
  if (scope.length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ')} is of the level ${level.name}`,
    );
  return { scope, level };
}

/** Finds the roles for the gateway in CIS if the ID token has none. */
const findRoles = ({ roleSource }: Pick<Parts, 'roleSource'>) =>
  async function findRoles({ subject: { claims }, upstream }: WithIssuer): Promise<{ roles: Attributes }> {
    if (!roleSource || upstream.id !== 'nhs-cis2' || (claims.selected_roleid ?? '') !== '')
      return { roles: {} };
    const found = await roleSource(upstream.personOf(claims));
    return { roles: found ? { [roleIdsAttribute]: found.join(' ') } : {} };
  };

/** Exchanges an ID token of a provider for tokens, in the separate pattern (RFC 8693). */
export const tokenExchange = grant(
  'authorisation.exchange',
  ({ form }) => form.get('subject_token_type') === idTokenType,
  {
    validate(base, parts) {
      const { upstreamKeys, clock, endedSessions } = parts;
      return authenticated(base, parts, grantTypes.tokenExchange)
        .step(decodeSubject)
        .step(checkSubject(clock))
        .step(checkActor)
        .step(checkSubjectIssuer(base))
        .step(checkSubjectSignature(upstreamKeys))
        .step(checkSubjectAudience(base))
        .step(refuseForeign(base))
        .step(verifyActor(base, upstreamKeys, clock))
        .step(refuseEndedSession(base, endedSessions))
        .step(keepScopes)
        .step(findRoles(parts))
        .step(useIdTokenOnce(base, parts));
    },
    issue(base, parts) {
      const { database, vault, recorder, endedSessions } = parts;
      const issuer = new Issuer(base, parts);
      return async function issue(
        known: Incoming &
          WithProducts &
          WithIssuer &
          WithActor & { scope: string[]; level: Level; roles: Attributes; sid: string | null },
      ) {
        const { form, client, subject, idToken, upstream, level, scope, sid, roles } = known;
        const person = userAttributes(
          { idToken, claims: subject.claims, upstream, level },
          'token_exchange',
          vault,
        );
        const granted: TokenGrant = {
          applicationId: client.application.id,
          clientId: client.registration.clientId,
          family: orderedId(),
          uid: upstream.personOf(subject.claims),
          sid,
          scope,
          attributes: { ...person, ...actorAttributes(known), ...roles },
        };
        const lifetimes = lifetimesOf(base, form, {
          access: accessLifetime,
          refresh: upstream.refreshLifetime,
        });
        const access = issuer.access(granted, lifetimes.access);
        const refresh = issuer.refresh(granted, Math.min(lifetimes.refresh, lifetimes.validity), {
          refresh_count: '0',
          _refresh_tokens_validity_ms: String(lifetimes.validity),
        });
        await database.batch([...access.writes, ...refresh.writes]);
        if (await endedSessions.isOver(base, upstream, sid)) {
          await revoking(parts, base)(granted, 'session-ended');
          throw errors.subjectSession('the provider ended the session at the same time');
        }
        recorder.record({
          keys: [idToken, granted.family],
          from: 'application',
          to: 'authorisation',
          name: 'authorisation.exchange',
          detail: { client: client.application.name, level: level.name, scope: scope.join(' ') },
        });
        return json(200, {
          access_token: access.token,
          expires_in: String(issuer.secondsLeft(access.expiresAt)),
          token_type: 'Bearer',
          issued_token_type: accessTokenType,
          refresh_token: refresh.token,
          refresh_token_expires_in: String(issuer.secondsLeft(refresh.expiresAt)),
          refresh_count: '0',
        });
      };
    },
  },
);
