import { json } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import { steps } from '@alongside/kernel/steps';
import { tokenTypeOf } from '../../../oauth/confirmation.ts';
import type { Base } from '../../base.ts';
import { claimExchange } from '../../id-token-party.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { applicationMarker, scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { revoking } from '../../revoking.ts';
import { AccessTokens, actorAttribute, mayActAttribute, refreshBinding } from '../access-tokens.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { actingParty } from '../exchange/actor.ts';
import type { Party, Proven } from '../exchange/proven.ts';
import { issuedTypes, tokenTypes, usualIssuedType } from '../exchange/registry.ts';
import { readScope } from '../incoming.ts';
import { readTargets } from '../resources.ts';
import { refusePublic } from './client-credentials.ts';
import { type FromClient, grant } from './grant.ts';

interface WithSubject {
  subjectToken: string;
  subject: Proven;
}
interface WithActing {
  act: Party | null;
}
interface WithTarget {
  scope: string[];
  resources: string[];
}
interface WithType {
  issuedType: string;
}
type Valid = FromClient & WithType & WithSubject & WithActing & WithTarget;

async function checkIssuedType({ parameters }: FromClient): Promise<WithType> {
  const issuedType = parameters.get('requested_token_type') ?? usualIssuedType;
  if (!issuedTypes.includes(issuedType))
    throw errors.exchangeType(`requested_token_type is ${issuedType}, offered is ${issuedTypes.join(', ')}`);
  return { issuedType };
}

async function prove(
  as: 'subject' | 'actor',
  known: FromClient,
  base: Base,
  parts: Parts,
): Promise<{ token: string; proven: Proven }> {
  const { parameters } = known;
  const token = parameters.get(`${as}_token`);
  const named = parameters.get(`${as}_token_type`);
  const refuse = as === 'subject' ? errors.subjectInvalid : errors.actorInvalid;
  if (token === undefined) throw errors.exchangeMissing(`${as}_token is missing`);
  if (named === undefined) throw errors.exchangeMissing(`${as}_token_type is missing`);
  const type = tokenTypes.find((candidate) => candidate.type === named);
  if (!type)
    throw errors.exchangeType(
      `${as}_token_type is ${named}, offered is ${tokenTypes.map((candidate) => candidate.type).join(', ')}`,
    );
  const proven = await type.read(token, known, base, parts, as);
  if ('fault' in proven) throw refuse(proven.fault);
  return { token, proven };
}

const readSubject = (base: Base, parts: Parts) =>
  async function readSubject(known: FromClient): Promise<WithSubject> {
    const { token: subjectToken, proven: subject } = await prove('subject', known, base, parts);
    return { subjectToken, subject };
  };

/** RFC 8693 section 2.1: a type without a token is as wrong as a token without a type. */
const readActor = (base: Base, parts: Parts) =>
  async function readActor(known: FromClient & WithSubject): Promise<WithActing> {
    const { parameters, subject } = known;
    const came = parameters.has('actor_token') || parameters.has('actor_token_type');
    const actor = came ? (await prove('actor', known, base, parts)).proven : null;
    const acting = actingParty(subject, actor, known, base.issuer);
    if ('fault' in acting) throw errors.actorRefused(acting.fault);
    return acting;
  };

/** Nothing that the subject token or the application's products do not give (RFC 8693 section 5). */
async function keepScopes({ parameters, products, subject }: FromClient & WithSubject) {
  const text = parameters.get('scope');
  const asked = text === undefined ? null : readScope(text);
  if (asked === undefined) throw errors.tokenScope('the scope is malformed');
  const marker = 'level' in subject.limit ? subject.limit.level.marker : '';
  const own = scopesAt(products, subject.uid === null ? applicationMarker : marker);
  const most = 'scope' in subject.limit ? subject.limit.scope.filter((scope) => own.includes(scope)) : own;
  const scope = scopesGranted(asked, most);
  if (scope.length === 0)
    throw errors.noScope(`${text ?? 'everything'} was asked for, possible is ${most.join(' ') || 'nothing'}`);
  return { scope };
}

/** `resource` and `audience` together (RFC 8693 section 2.1); none beyond those of the subject token. */
const keepTargets = (api: string) =>
  async function keepTargets(known: FromClient & WithSubject): Promise<{ resources: string[] }> {
    const resources = readTargets(known.parameters, api, known, known.subject.resources);
    if (resources) return { resources };
    const named = [...known.parameters.all('resource'), ...known.parameters.all('audience')];
    throw errors.tokenTarget(`${named.join(' ')} was asked for`);
  };

/** Uses an ID token up, where that is switched on. */
const useOnce = ({ hardening }: Base, parts: Parts) =>
  async function useOnce({ subject, subjectToken }: FromClient & WithSubject): Promise<void> {
    if (!hardening.idTokenOnce || subject.clientId !== null) return;
    if (!(await claimExchange(parts, subjectToken, subject.expiresAt)))
      throw errors.subjectInvalid('this ID token was exchanged before');
  };

/** Token exchange (RFC 8693): what proves a person or an application, for tokens of the platform. */
export const tokenExchange = grant('urn:ietf:params:oauth:grant-type:token-exchange', {
  validate: (base, parts) =>
    steps<FromClient>()
      .step(refusePublic)
      .step(checkIssuedType)
      .step(readSubject(base, parts))
      .step(readActor(base, parts))
      .step(keepScopes)
      .step(keepTargets(parts.urls.api))
      .step(useOnce(base, parts)),
  issue(base, parts) {
    const { tokens, clock, database, recorder, endedSessions } = parts;
    const accessTokens = new AccessTokens(base, parts);
    const issuer = new Issuer(base, parts);
    return async function issue(known: Valid) {
      const { parameters, client, issuedType, subject, act, scope, resources, confirmation } = known;
      const usual = { access: accessLifetime, refresh: subject.upstream.refreshLifetime };
      const lifetimes = lifetimesOf(base, parameters, usual);
      // Never longer than what it came from.
      const lifetime = Math.min(lifetimes.access, subject.expiresAt - clock.now());
      const granted = {
        applicationId: client.application.id,
        clientId: client.registration.clientId,
        family: subject.family ?? orderedId(),
        uid: subject.uid,
        sid: subject.sid,
        scope,
        attributes: {
          ...subject.attributes,
          ...(act ? { [actorAttribute]: JSON.stringify(act) } : {}),
          ...(subject.mayAct ? { [mayActAttribute]: JSON.stringify(subject.mayAct) } : {}),
        },
      };
      const format = issuedType === usualIssuedType ? undefined : 'jwt';
      const access = await accessTokens.issue(client.registration, granted, {
        lifetime,
        resources,
        confirmation,
        format,
      });
      // Who signed in goes on by refreshing; who acts for another asks again.
      const lasting = subject.clientId === null && act === null;
      const refresh = lasting
        ? issuer.refresh(granted, Math.min(lifetimes.refresh, lifetimes.validity), {
            refresh_count: '0',
            _refresh_tokens_validity_ms: String(lifetimes.validity),
            ...refreshBinding(client.registration, resources, confirmation),
          })
        : null;
      // What came of a token must not outlive its revocation at the same moment.
      const holding =
        subject.family === null ? [] : [tokens.requireLiveStatement(known.subjectToken, 'access')];
      const { done } = await database.batch([
        ...holding,
        ...access.writes,
        ...(refresh ? [...refresh.writes] : []),
      ]);
      if (!done) throw errors.subjectInvalid('it was revoked at the same time');
      if (await endedSessions.isOver(base, subject.upstream, subject.sid)) {
        await revoking(parts, base)(granted, 'session-ended');
        throw errors.subjectInvalid('the provider ended the session at the same time');
      }
      const detail = { client: client.application.name, scope: scope.join(' '), delegated: act !== null };
      recorder.record({
        keys: [known.subjectToken, granted.family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.exchange',
        detail,
      });
      return json(200, {
        access_token: access.token,
        issued_token_type: issuedType,
        token_type: tokenTypeOf(confirmation),
        expires_in: issuer.secondsLeft(access.expiresAt),
        scope: scope.join(' '),
        ...(refresh
          ? {
              refresh_token: refresh.token,
              refresh_token_expires_in: issuer.secondsLeft(refresh.expiresAt),
            }
          : {}),
      });
    };
  },
});
