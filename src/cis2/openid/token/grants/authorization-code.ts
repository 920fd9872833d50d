import { halfHash } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import {
  type CheckedCode,
  checkCodeKey,
  checkCodeRedirectUri,
  checkVerifier,
  findCode,
  readCode,
  redeemCode,
  type WithCode,
} from '../../../../oauth/server/authorization-code.ts';
import { grant, type TokenResponse } from '../../../../oauth/server/grant.ts';
import { tokenTypeOf } from '../../../../oauth/token-records.ts';
import type { NewToken } from '../../../../oauth/tokens.ts';
import { tokenErrors } from '../../../errors/token.ts';
import { partyOf } from '../../../model/relying-party.ts';
import type { CodeGrant } from '../../../responses/authorization-response.ts';
import { type CurrentFacts, currentFacts, signIdToken } from '../../claims/claims.ts';
import type { Cis2Server, TokenCall } from '../../server.ts';
import { getsRefreshToken, type TokenGrant } from '../issuer.ts';

function requireRedirectUri({ parameters }: TokenCall): void {
  if (parameters.get('redirect_uri') === undefined)
    throw tokenErrors.tokenRedirectMissing('redirect_uri is missing');
}

/** Requires an active user. */
const checkUser = check(
  'user',
  async function checkUser({
    server: { cis, idTokens },
    granted,
  }: TokenCall & WithCode<CodeGrant>): Promise<CurrentFacts<CodeGrant>> {
    const current = await currentFacts(cis, granted, idTokens);
    if (!current) throw tokenErrors.codeInvalid('the user is gone or disabled');
    return current;
  },
);

/** Makes the refresh token of a code, if it gets one. It lives no longer than the session. */
async function refreshOf(
  { sessions, tokenIssuer }: Cis2Server,
  tokenGrant: TokenGrant,
  { sessionEndsAt }: CodeGrant,
): Promise<NewToken | undefined> {
  if (!getsRefreshToken(tokenGrant.client.registration, tokenGrant.scope)) return undefined;
  const endsAt = sessionEndsAt ?? (await sessions.get(tokenGrant.facts.sid))?.endsAt;
  if (endsAt === undefined) throw tokenErrors.codeInvalid('its session has ended');
  return tokenIssuer.refresh(tokenGrant, endsAt);
}

async function issueTokens(
  call: TokenCall & WithCode<CodeGrant> & CheckedCode & CurrentFacts<CodeGrant> & Passed<'user'>,
): Promise<TokenResponse> {
  const { server, client, confirmation, code, facts: granted, more } = call;
  const { registration, application } = client;
  const { scope, family, nonce, stateHash } = granted;
  const tokenGrant: TokenGrant = { client, facts: granted, scope, family, confirmation };
  const access = server.tokenIssuer.access(tokenGrant);
  const refresh = await refreshOf(server, tokenGrant, granted);
  const hashes = () => ({ c_hash: halfHash(code), ...(stateHash === null ? {} : { s_hash: stateHash }) });
  const data = { facts: granted, scope, accessToken: access.token, nonce, hashes, more };
  const idToken = await signIdToken(server.idTokens, registration, data);
  await redeemCode(call, [
    server.sessions.requireLiveStatement(granted.sid),
    ...server.tokenIssuer.writeStatements(call.request, tokenGrant, access, refresh),
  ]);
  server.recorder.record(
    {
      // In the separate pattern the application exchanges the ID token.
      keys: [code, idToken],
      lasting: family,
      from: partyOf(registration, server.urls),
      to: 'cis2',
      name: 'cis2.token',
      detail: { client: application.name, acr: granted.acr },
    },
    call.request.activity,
  );
  return {
    access_token: access.token,
    id_token: idToken,
    expires_in: server.tokenIssuer.secondsLeft(access.expiresAt),
    scope: scope.join(' '),
    token_type: tokenTypeOf(confirmation),
    ...(refresh ? { refresh_token: refresh.token } : {}),
  };
}

/** RFC 6749 section 4.1.3, OpenID Connect Core section 3.1.3. */
export const authorizationCode = grant({
  type: 'authorization_code',
  requires: ['code', 'code-redirect-uri', 'code-verifier', 'code-key', 'user'],
  validate: steps<TokenCall>('cis2.token authorization_code')
    .step(readCode)
    .step(requireRedirectUri)
    .step(findCode)
    .step(checkCodeRedirectUri)
    .step(checkVerifier)
    .step(checkCodeKey)
    .step(checkUser),
  issue: issueTokens,
});
