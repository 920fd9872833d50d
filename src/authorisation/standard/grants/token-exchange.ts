import { orderedId } from '@alongside/kernel/ids';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { grant, type TokenResponse } from '../../../oauth/server/grant.ts';
import { applicationMarker, scopesAt } from '../../application/client.ts';
import { unusedExchange } from '../../id-token-party.ts';
import { accessLifetime, lifetimesOf, type TokenGrant } from '../../issue.ts';
import { actorAttribute, mayActAttribute, refreshBinding, tokensAnswer } from '../access-tokens.ts';
import { errors } from '../errors.ts';
import { actingParty } from '../exchange/actor.ts';
import type { Party, Proven } from '../exchange/proven.ts';
import { defaultIssuedType, issuedTypes, tokenTypes } from '../exchange/registry.ts';
import { readTargets } from '../resources.ts';
import { narrowScopes, refusePublic, type TokenCall } from '../token-call.ts';

interface WithSubject {
  subjectToken: string;
  subject: Proven;
}
interface WithActing {
  act: Party | null;
}
type ExchangeCall = TokenCall & WithSubject;

function checkIssuedType({ parameters }: TokenCall): { issuedType: string } {
  const issuedType = parameters.get('requested_token_type') ?? defaultIssuedType;
  if (!issuedTypes.includes(issuedType))
    throw errors.exchangeType(`requested_token_type is ${issuedType}, offered is ${issuedTypes.join(', ')}`);
  return { issuedType };
}

async function prove(as: 'subject' | 'actor', call: TokenCall): Promise<{ token: string; proven: Proven }> {
  const { server, parameters, batch } = call;
  const { base, parts } = server;
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
  const proven = await type.read(token, call, base, parts, as);
  if ('fault' in proven) throw refuse(proven.fault);
  parts.endedSessions.requireLive(batch, base, proven.upstream, proven.sid, () =>
    refuse('the provider has ended its session'),
  );
  return { token, proven };
}

const readSubject = check('subject-token', async function readSubject(call: TokenCall): Promise<WithSubject> {
  const { token: subjectToken, proven: subject } = await prove('subject', call);
  return { subjectToken, subject };
});

/** Reads the actor. Its token and type must both be present or both absent (RFC 8693 section 2.1). */
const readActor = check('actor-token', async function readActor(call: ExchangeCall): Promise<WithActing> {
  const { server, parameters, subject } = call;
  const isNamed = parameters.has('actor_token') || parameters.has('actor_token_type');
  const actor = isNamed ? (await prove('actor', call)).proven : null;
  const acting = actingParty(subject, actor, call, server.issuer);
  if ('fault' in acting) throw errors.actorRefused(acting.fault);
  return acting;
});

/** Keeps the scopes that both the subject token and the application's products allow (RFC 8693 section 5). */
const keepScopes = check('scope', function keepScopes(call: ExchangeCall): { scope: string[] } {
  const { products, subject } = call;
  const marker = 'level' in subject.limit ? subject.limit.level.marker : '';
  const own = scopesAt(products, subject.uid === null ? applicationMarker : marker);
  const most = 'scope' in subject.limit ? subject.limit.scope.filter((scope) => own.includes(scope)) : own;
  return { scope: narrowScopes(call, most) };
});

/** Reads `resource` and `audience` together (RFC 8693 section 2.1), within the resources of the subject token. */
const keepTargets = check('resources', async function keepTargets(call: ExchangeCall) {
  const { server, parameters, subject } = call;
  const resources = await readTargets(parameters, server.parts, call, subject.resources);
  if (resources) return { resources };
  const named = [...parameters.all('resource'), ...parameters.all('audience')];
  throw errors.tokenTarget(`resource and audience are ${named.join(' ')}`);
});

/** Uses an ID token up, where that is switched on. */
const useOnce = check(
  'single-use',
  function useOnce({ server: { base, parts }, batch, subject, subjectToken }: ExchangeCall): void {
    if (!base.hardening.idTokenOnce || subject.clientId !== null) return;
    batch.require({
      ...unusedExchange(parts, subjectToken, subject.expiresAt),
      refuse: () => errors.subjectInvalid('this ID token was exchanged before'),
    });
  },
);

type Valid = ExchangeCall &
  WithActing &
  Passed<'confidential-client' | 'subject-token' | 'actor-token' | 'scope' | 'resources' | 'single-use'> & {
    issuedType: string;
    scope: string[];
    resources: string[];
  };

const grantOf = ({ client, subject, act, scope }: Valid): TokenGrant => ({
  applicationId: client.application.id,
  clientId: client.registration.clientId,
  family: subject.grant?.data.family ?? orderedId(),
  grant: subject.grant ?? undefined,
  uid: subject.uid,
  sid: subject.sid,
  scope,
  attributes: {
    ...subject.attributes,
    ...(act ? { [actorAttribute]: JSON.stringify(act) } : {}),
    ...(subject.mayAct ? { [mayActAttribute]: JSON.stringify(subject.mayAct) } : {}),
  },
});

async function issueTokens(call: Valid): Promise<TokenResponse> {
  const { server, parameters, client, issuedType, subject, subjectToken, act, scope, resources } = call;
  const { confirmation } = call;
  const { accessTokens, base, clock, parts, tokenIssuer, tokens } = server;
  const usual = { access: accessLifetime, refresh: subject.upstream.refreshLifetime };
  const lifetimes = lifetimesOf(base, parameters, usual);
  // The token expires no later than the subject token.
  const lifetime = Math.min(lifetimes.access, subject.expiresAt - clock.now());
  const granted = grantOf(call);
  const format = issuedType === defaultIssuedType ? undefined : 'jwt';
  const options = { lifetime, resources, confirmation, format } as const;
  const access = await accessTokens.issue(client.registration, granted, options);
  // Users who signed in themselves get a refresh token; a client that acts for another exchanges again.
  const lasting = subject.clientId === null && act === null;
  const refresh = lasting
    ? tokenIssuer.firstRefresh(
        granted,
        lifetimes,
        refreshBinding(client.registration, resources, confirmation),
      )
    : undefined;
  // The new token must not outlive a revocation of the subject token at the same moment.
  const condition = subject.grant === null ? [] : [tokens.requireLiveStatement(subjectToken, 'access')];
  const writes = tokenIssuer.writeStatements(call.request, granted, access, refresh);
  if (!(await call.batch.commit([...condition, ...writes])))
    throw errors.subjectInvalid('it was revoked at the same time');
  parts.recorder.record(
    {
      keys: [subjectToken],
      lasting: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.exchange',
      detail: { client: client.application.name, scope: scope.join(' '), delegated: act !== null },
    },
    call.request.activity,
  );
  const { access_token, ...others } = tokensAnswer(tokenIssuer, {
    access,
    refresh,
    scope: scope.join(' '),
    confirmation,
  });
  return { access_token, issued_token_type: issuedType, ...others };
}

/** Token exchange (RFC 8693): tokens of the platform for a token that identifies a user or an application. */
export const tokenExchange = grant({
  type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  requires: ['confidential-client', 'subject-token', 'actor-token', 'scope', 'resources', 'single-use'],
  validate: steps<TokenCall>('oauth2.1.token token-exchange')
    .step(refusePublic)
    .step(checkIssuedType)
    .step(readSubject)
    .step(readActor)
    .step(keepScopes)
    .step(keepTargets)
    .step(useOnce),
  issue: issueTokens,
});
