import type { Recorder } from '@alongside/kernel/events';
import { tokenTypeOf } from '../../../../oauth/confirmation.ts';
import { halfHash } from '../../../../oauth/half-hash.ts';
import { verifierFits } from '../../../../oauth/pkce.ts';
import type { Tokens } from '../../../../oauth/tokens.ts';
import type { Urls } from '../../../../service.ts';
import type { AuditLog } from '../../../../storage/audit.ts';
import type { Database } from '../../../../storage/database.ts';
import { tokenErrors } from '../../../errors/token.ts';
import type { CisClient } from '../../../model/cis-client.ts';
import { partyOf } from '../../../model/relying-party.ts';
import type { CodeGrant, Codes } from '../../../responses/codes.ts';
import type { Sessions } from '../../../sessions/sessions.ts';
import { type IdTokenParts, signIdToken } from '../../claims/id-token.ts';
import { namedClaims } from '../../claims/person.ts';
import type { Made, TokenGrant, TokenIssuer } from '../issuer.ts';
import { bringsRefreshToken } from '../refreshing.ts';
import { revocationStatement } from '../revocation-record.ts';
import type { Grant, GrantRequest } from './grant.ts';

interface Parts extends IdTokenParts {
  database: Database;
  audit: AuditLog;
  issuing: TokenIssuer;
  tokens: Tokens;
  sessions: Sessions;
  codes: Codes;
  cis: CisClient;
  recorder: Recorder;
  urls: Urls;
}

interface Valid {
  code: string;
  grant: CodeGrant;
}

/** A repeat by the same client within this time may be a retry; later it is a theft. Milliseconds. */
const retryTime = 10_000;

/** PKCE both ways: a challenge needs its verifier, a verifier needs its challenge (RFC 9700 section 4.8). */
function checkVerifier({ parameters }: GrantRequest, { challenge }: CodeGrant): void {
  const verifier = parameters.get('code_verifier');
  if (challenge === null) {
    if (verifier !== undefined) throw tokenErrors.codeInvalid('a code_verifier came, no code_challenge had');
  } else if (!verifierFits(verifier, challenge)) {
    throw tokenErrors.codeInvalid(`code_verifier ${verifier === undefined ? 'is missing' : 'does not fit'}`);
  }
}

/** A code that is bound to a key is redeemed with a proof of it (RFC 9449 section 10). Codes of earlier versions have no member. */
function checkKey({ confirmation }: GrantRequest, { jkt = null }: CodeGrant): void {
  if (jkt !== null && confirmation?.jkt !== jkt)
    throw tokenErrors.dpopProofInvalid(
      `the code is bound to ${jkt}, proven is ${confirmation?.jkt ?? 'none'}`,
    );
}

/** The code again: tokens that came of it end, unless the same client repeats itself at once (RFC 6749 section 4.1.2). */
async function refuseAgain(parts: Parts, grant: CodeGrant, usedAt: number, clientId: string): Promise<never> {
  const retry = clientId === grant.clientId && parts.clock.now() - usedAt <= retryTime;
  if (!retry) await parts.tokens.revokeFamily(grant.family, revocationStatement(parts, grant, 'code-reused'));
  throw tokenErrors.codeInvalid(
    retry ? 'it was used a moment ago' : 'it was used before; what came of it is revoked',
  );
}

/** Claims of the person that were asked for in the ID token by name; mostly there are none, and nobody is asked. */
async function moreClaims(
  { cis, assuranceAsNumbers }: Parts,
  { claims, uid, roleId }: CodeGrant,
): Promise<Record<string, unknown>> {
  if (claims.idToken.length === 0) return {};
  const person = await cis.person(uid);
  if (!person || person.disabled) throw tokenErrors.codeInvalid('the person is gone or disabled');
  return namedClaims(person, claims.idToken, roleId, assuranceAsNumbers);
}

/** The refresh token of a code, if it brings one. It lives no longer than the session. */
async function refreshOf({ sessions, issuing }: Parts, grant: TokenGrant): Promise<Made | undefined> {
  if (!bringsRefreshToken(grant.client.registration, grant.scope)) return undefined;
  const session = await sessions.get(grant.facts.sid);
  if (!session) throw tokenErrors.codeInvalid('its session has ended');
  return issuing.refresh(grant, session.endsAt);
}

export const authorizationCode = (parts: Parts): Grant<Valid> => ({
  type: 'authorization_code',

  async validate(asked) {
    const { parameters, client } = asked;
    const code = parameters.get('code');
    if (code === undefined) throw tokenErrors.codeMissing('code is missing');
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri === undefined) throw tokenErrors.tokenRedirectMissing('redirect_uri is missing');
    const found = await parts.codes.find(code);
    if (!found) throw tokenErrors.codeInvalid('the code is unknown');
    const { payload: grant, usedAt, expiresAt } = found;
    const { clientId } = client.registration;
    if (usedAt !== null) return refuseAgain(parts, grant, usedAt, clientId);
    if (expiresAt <= parts.clock.now()) throw tokenErrors.codeInvalid('the code has run out');
    if (grant.clientId !== clientId) throw tokenErrors.codeInvalid(`it belongs to ${grant.clientId}`);
    if (grant.redirectUri !== redirectUri)
      throw tokenErrors.codeInvalid(`redirect_uri is ${redirectUri}, ${grant.redirectUri} was asked for`);
    checkVerifier(asked, grant);
    checkKey(asked, grant);
    return { code, grant };
  },

  async issue({ client, confirmation }, { code, grant }) {
    const { registration, application } = client;
    const { scope, family } = grant;
    const tokenGrant: TokenGrant = { client, facts: grant, scope, family, confirmation };
    const access = parts.issuing.access(tokenGrant);
    const refresh = await refreshOf(parts, tokenGrant);
    const hashes = {
      c_hash: halfHash(code),
      ...(grant.stateHash === null ? {} : { s_hash: grant.stateHash }),
    };
    const more = await moreClaims(parts, grant);
    const { nonce } = grant;
    const made = { facts: grant, accessToken: access.token, nonce, hashes, more };
    const idToken = await signIdToken(parts, registration, made);
    const { done } = await parts.database.batch([
      parts.codes.spendStatement(code),
      parts.sessions.requireLiveStatement(grant.sid),
      ...access.statements,
      ...(refresh?.statements ?? []),
    ]);
    if (!done) throw tokenErrors.codeInvalid('another request redeemed it first, or its session has ended');
    parts.recorder.record({
      // In the separate pattern the application exchanges the ID token.
      keys: [code, access.token, refresh?.token ?? '', idToken],
      from: partyOf(registration, parts.urls),
      to: 'cis2',
      name: 'cis2.token',
      detail: { client: application.name, acr: grant.acr },
    });
    return {
      access_token: access.token,
      id_token: idToken,
      expires_in: parts.issuing.secondsLeft(access.expiresAt),
      scope: scope.join(' '),
      token_type: tokenTypeOf(confirmation),
      ...(refresh ? { refresh_token: refresh.token } : {}),
    };
  },
});
