import { check, type Passed, steps } from '@alongside/kernel/steps';
import { grant, type TokenResponse } from '../../../../oauth/server/grant.ts';
import {
  findRefreshToken,
  narrowScope,
  revokeReused,
  useRefreshToken,
  type WithRefreshToken,
} from '../../../../oauth/server/refresh-token.ts';
import { isSameConfirmation, tokenTypeOf } from '../../../../oauth/token-records.ts';
import { tokenErrors } from '../../../errors/token.ts';
import { rulesOf } from '../../../model/profiles.ts';
import { partyOf } from '../../../model/relying-party.ts';
import type { Session } from '../../../model/session.ts';
import { factsOf } from '../../../model/token-facts.ts';
import { type CurrentFacts, currentFacts, signIdToken } from '../../claims/claims.ts';
import type { TokenCall } from '../../server.ts';
import type { Successor } from '../issuer.ts';

interface WithSession {
  /** Undefined if it has ended. */
  readonly session: Session | undefined;
}
type RefreshCall = TokenCall & WithRefreshToken & WithSession;
type Valid = RefreshCall &
  CurrentFacts &
  Passed<'client-profile' | 'refresh-token' | 'scope' | 'user'> & { scope: string[] };

const requireRefreshTokens = check(
  'client-profile',
  function requireRefreshTokens({ client }: TokenCall): void {
    if (!client.registration.refreshTokens) throw tokenErrors.refreshOff('the client registered without');
  },
);

/** Finds the token and its session at the same time: on PostgreSQL, one round trip reads both. */
const findTokenAndSession = check(
  'refresh-token',
  async function findTokenAndSession(
    call: TokenCall & Passed<'client-authentication'>,
  ): Promise<WithRefreshToken & WithSession> {
    const { sessions, tokens } = call.server;
    const place = tokens.placeOf(call.parameters.get('refresh_token') ?? '');
    const [found, session] = await Promise.all([findRefreshToken(call), sessions.ofRefreshToken(place)]);
    return { ...found, session };
  },
);

/** Reads the scope of the new access token: no more than was granted (RFC 6749 section 6). */
const checkScope = check('scope', function checkScope(call: RefreshCall): { scope: string[] } {
  return { scope: narrowScope(call, call.record.scope.split(' ')) };
});

/** Requires an active user. */
const checkUser = check(
  'user',
  async function checkUser({ server: { cis, idTokens }, record }: RefreshCall): Promise<CurrentFacts> {
    const current = await currentFacts(cis, factsOf(record), idTokens);
    if (!current) throw tokenErrors.refreshInvalid('the user is gone or disabled');
    return current;
  },
);

async function answer(
  { server, client, facts, more }: Valid,
  { accessToken, accessExpiresAt, refreshToken, scope, confirmation = null }: Successor,
): Promise<TokenResponse> {
  const scopes = scope.split(' ');
  // The nonce was of the first response (OpenID Connect Core section 12.2).
  const data = { facts, scope: scopes, accessToken, more, nonce: null, hashes: () => ({}) };
  return {
    access_token: accessToken,
    ...(scopes.includes('openid')
      ? { id_token: await signIdToken(server.idTokens, client.registration, data) }
      : {}),
    expires_in: server.tokenIssuer.secondsLeft(accessExpiresAt),
    scope,
    token_type: tokenTypeOf(confirmation),
    refresh_token: refreshToken,
  };
}

/**
 * Answers a used token with its successor, when the client repeats the request with the same key soon after (RFC 9449 section 5).
 * Refuses it otherwise, and revokes all tokens of the sign-in if it may be stolen.
 */
async function answerRepeat(call: Valid): Promise<TokenResponse> {
  const { server, client, batch, confirmation, token, record } = call;
  await batch.settle();
  const { rotates, retryTime: usual } = rulesOf(client.registration).refresh;
  // Anyone may have sent the token of a public client without a key (RFC 9700 section 4.14).
  const isUnproven = client.registration.tokenEndpointAuthMethod === 'none' && confirmation === null;
  const successor = await server.successors.find(token, record, isUnproven ? 0 : usual);
  if (successor && isSameConfirmation(confirmation, successor.confirmation ?? null))
    return answer(call, successor);
  const revokes = usual > 0 && rotates;
  if (revokes) await revokeReused(call);
  throw tokenErrors.refreshInvalid(
    `the token was used before${revokes ? '; all tokens of its sign-in are revoked' : ''}`,
  );
}

async function issueTokens(call: Valid): Promise<TokenResponse> {
  const { server, client, token, record, session, facts, scope, confirmation } = call;
  if (record.usedAt !== null) return answerRepeat(call);
  if (!session) throw tokenErrors.refreshInvalid('its session has ended');
  const { rotates } = rulesOf(client.registration).refresh;
  const { family, grant } = record;
  const tokenGrant = { client, facts, family, grant, scope, confirmation, refreshed: true };
  const access = server.tokenIssuer.access(tokenGrant);
  const next = rotates
    ? server.tokenIssuer.refresh({ ...tokenGrant, scope: record.scope.split(' ') }, session.endsAt)
    : undefined;
  const successor: Successor = {
    accessToken: access.token,
    accessExpiresAt: access.expiresAt,
    refreshToken: next?.token ?? token,
    scope: scope.join(' '),
    confirmation,
  };
  const used = await useRefreshToken(call, next && server.successors.seal(successor), [
    server.sessions.requireLiveStatement(facts.sid),
    ...server.tokenIssuer.writeStatements(call.request, tokenGrant, access, next),
  ]);
  if (used) return answerRepeat({ ...call, record: used });
  server.recorder.record(
    {
      lasting: record.family,
      from: partyOf(client.registration, server.urls),
      to: 'cis2',
      name: 'cis2.refresh',
      detail: { client: client.application.name, scope: successor.scope },
    },
    call.request.activity,
  );
  return answer(call, successor);
}

/** RFC 6749 section 6. Refresh tokens end with the session at CIS2. */
export const refreshToken = grant({
  type: 'refresh_token',
  requires: ['client-profile', 'refresh-token', 'scope', 'user'],
  validate: steps<TokenCall>('cis2.token refresh_token')
    .step(requireRefreshTokens)
    .step(findTokenAndSession)
    .step(checkScope)
    .step(checkUser),
  issue: issueTokens,
});
