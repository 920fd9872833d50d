import { type Answer, json } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Level } from '../../../oauth/upstream/upstream.ts';
import { scopesAt, type WithProducts } from '../../application/client.ts';
import { errors } from '../../errors.ts';
import {
  type Attributes,
  accessLifetime,
  lifetimesOf,
  roleIdsAttribute,
  type TokenGrant,
  userAttributes,
} from '../../issue.ts';
import { authenticateByAssertion, type CheckedAssertion } from '../application-checks.ts';
import type { NhsCall } from '../server.ts';
import { actorAttributes, checkActor, verifyActor, type WithActor } from './actor-token.ts';
import { accessTokenType, grant, grantTypes, idTokenType } from './grant.ts';
import {
  checkSubject,
  checkSubjectAudience,
  checkSubjectIssuer,
  checkSubjectSignature,
  decodeSubject,
  readLevels,
  refuseEndedSession,
  refuseForeign,
  useIdTokenOnce,
  type WithIssuer,
} from './subject-token.ts';

export function keepScopes({ subject, upstream, products }: WithIssuer & WithProducts): {
  scope: readonly string[];
  level: Level;
} {
  const level = upstream.levelOf(subject.claims);
  if (!level) throw errors.noScope(`the subject token of ${upstream.id} has no level`);
  const scope = scopesAt(products, level.marker);
  if (scope.length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ')} is of the level ${level.name}`,
    );
  return { scope, level };
}

/** Finds the roles for the gateway in CIS if the ID token omits them. */
async function findRoles({
  server,
  subject,
  upstream,
}: NhsCall & WithIssuer): Promise<{ roles: Attributes }> {
  const { roleSource } = server.parts;
  const { claims } = subject;
  if (!roleSource || upstream.id !== 'nhs-cis2' || (claims.selected_roleid ?? '') !== '')
    return { roles: {} };
  const found = await roleSource(upstream.personOf(claims));
  return { roles: found ? { [roleIdsAttribute]: found.join(' ') } : {} };
}

const validate = steps<NhsCall>('oauth2.token.token_exchange')
  .use(authenticateByAssertion(grantTypes.tokenExchange))
  .step(decodeSubject)
  .step(check('subject-claims', checkSubject))
  .step(checkActor)
  .step(check('subject-issuer', checkSubjectIssuer))
  .step(check('subject-signature', checkSubjectSignature))
  .step(check('subject-audience', checkSubjectAudience))
  .step(check('subject-party', refuseForeign))
  .step(check('actor', verifyActor))
  .step(check('session', refuseEndedSession))
  .step(readLevels)
  .step(check('level', keepScopes))
  .step(findRoles)
  .step(check('subject-unused', useIdTokenOnce));

type CheckedCall = NhsCall &
  WithProducts &
  WithIssuer &
  WithActor & {
    scope: readonly string[];
    level: Level;
    roles: Attributes;
    sid: string | null;
  } & CheckedAssertion &
  Passed<
    | 'subject-claims'
    | 'subject-issuer'
    | 'subject-signature'
    | 'subject-audience'
    | 'subject-party'
    | 'actor'
    | 'session'
    | 'level'
    | 'subject-unused'
  >;

async function issue(known: CheckedCall): Promise<Answer> {
  const { server, batch, request, form, client, subject, idToken, upstream, level, scope, sid, roles } =
    known;
  const {
    base,
    issuer,
    parts: { vault, recorder },
  } = server;
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
  const refresh = issuer.firstRefresh(granted, lifetimes);
  await batch.commit(issuer.writeStatements(request, granted, access, refresh));
  recorder.record(
    {
      keys: [idToken],
      lasting: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.exchange',
      detail: { client: client.application.name, level: level.name, scope: scope.join(' ') },
    },
    request.activity,
  );
  return json(200, {
    access_token: access.token,
    expires_in: String(issuer.secondsLeft(access.expiresAt)),
    token_type: 'Bearer',
    issued_token_type: accessTokenType,
    refresh_token: refresh.token,
    refresh_token_expires_in: String(issuer.secondsLeft(refresh.expiresAt)),
    refresh_count: '0',
  });
}

/** Exchanges an ID token of a provider for tokens, in the separate pattern (RFC 8693). */
export const tokenExchange = grant(
  'authorisation.exchange',
  ({ form }) => form.get('subject_token_type') === idTokenType,
  validate,
  issue,
);
