import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { randomToken } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import { verifierFits } from '../../../oauth/pkce.ts';
import type { Tokens } from '../../../oauth/tokens.ts';
import type { Urls } from '../../../service.ts';
import type { Database } from '../../../storage/database.ts';
import type { CisClient } from '../../cis-client.ts';
import { signIdToken } from '../../claims/id-token.ts';
import { allClaims } from '../../claims/person.ts';
import type { CodeGrant, Codes } from '../../codes.ts';
import { errors } from '../../errors.ts';
import { partyOf } from '../../relying-party.ts';
import type { Sessions } from '../../sessions.ts';
import type { Grant, GrantRequest } from './grant.ts';

interface Parts {
  issuer: string;
  clock: Clock;
  database: Database;
  keys: SigningKeys;
  tokens: Tokens;
  sessions: Sessions;
  codes: Codes;
  cis: CisClient;
  recorder: Recorder;
  urls: Urls;
  forgeRockClaims: boolean;
  assuranceAsNumbers: boolean;
}

interface Valid {
  code: string;
  grant: CodeGrant;
}

/** Seconds; the answer says one less, as the published service does. */
const accessTokenLifetime = 3_600;
/** A repeat by the same client within this time may be a retry; later it is a theft. Milliseconds. */
const retryTime = 10_000;

/** PKCE both ways: a challenge needs its verifier, a verifier needs its challenge (RFC 9700 section 4.8). */
function checkVerifier({ parameters }: GrantRequest, { challenge }: CodeGrant): void {
  const verifier = parameters.get('code_verifier');
  if (challenge === null) {
    if (verifier !== undefined) throw errors.codeInvalid('a code_verifier came, no code_challenge had');
  } else if (!verifierFits(verifier, challenge)) {
    throw errors.codeInvalid(`code_verifier ${verifier === undefined ? 'is missing' : 'does not fit'}`);
  }
}

/** The code again: tokens that came of it end, unless the same client repeats itself at once (RFC 6749 section 4.1.2). */
async function refuseAgain(
  { tokens, database, clock }: Parts,
  grant: CodeGrant,
  usedAt: number,
  clientId: string,
): Promise<never> {
  const retry = clientId === grant.clientId && clock.now() - usedAt <= retryTime;
  if (!retry) await database.run(tokens.revokingFamily(grant.family));
  throw errors.codeInvalid(
    retry ? 'it was used a moment ago' : 'it was used before; what came of it is revoked',
  );
}

/** Claims of the person that were asked for in the ID token by name; mostly there are none. */
async function namedClaims(
  { cis, assuranceAsNumbers }: Parts,
  { claims, uid, roleId }: CodeGrant,
): Promise<Record<string, unknown>> {
  if (claims.idToken.length === 0) return {};
  const person = await cis.person(uid);
  if (!person || person.disabled) throw errors.codeInvalid('the person is gone or disabled');
  const all = Object.entries(allClaims(person, roleId, assuranceAsNumbers));
  return Object.fromEntries(all.filter(([name]) => claims.idToken.includes(name)));
}

export const authorizationCode = (parts: Parts): Grant<Valid> => ({
  type: 'authorization_code',

  async validate(asked) {
    const { parameters, party } = asked;
    const code = parameters.get('code');
    if (code === undefined) throw errors.codeMissing('code is missing');
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri === undefined) throw errors.tokenRedirectMissing('redirect_uri is missing');
    const found = await parts.codes.find(code);
    if (!found) throw errors.codeInvalid('the code is unknown');
    const { payload: grant, usedAt, expiresAt } = found;
    const { clientId } = party.client;
    if (usedAt !== null) return refuseAgain(parts, grant, usedAt, clientId);
    if (expiresAt <= parts.clock.now()) throw errors.codeInvalid('the code has run out');
    if (grant.clientId !== clientId) throw errors.codeInvalid(`it belongs to ${grant.clientId}`);
    if (grant.redirectUri !== redirectUri)
      throw errors.codeInvalid(`redirect_uri is ${redirectUri}, ${grant.redirectUri} was asked for`);
    checkVerifier(asked, grant);
    return { code, grant };
  },

  async issue({ party }, { code, grant }) {
    const { client, application } = party;
    const accessToken = randomToken();
    const now = parts.clock.now();
    const more = await namedClaims(parts, grant);
    const idToken = await signIdToken(parts, client, { grant, code, accessToken, more });
    const attributes: Record<string, string> = {
      acr: grant.acr,
      aal: String(grant.level),
      claims: grant.claims.userinfo.join(' '),
    };
    if (grant.roleId !== null) attributes.selected_roleid = grant.roleId;
    const scope = grant.scope.join(' ');
    const { done } = await parts.database.batch([
      parts.codes.spending(code),
      parts.sessions.needing(grant.sid),
      parts.tokens.issuing(accessToken, {
        kind: 'access',
        issuer: parts.issuer,
        family: grant.family,
        applicationId: application.id,
        clientId: client.clientId,
        uid: grant.uid,
        sid: grant.sid,
        scope,
        attributes,
        issuedAt: now,
        expiresAt: now + accessTokenLifetime * 1000,
      }),
    ]);
    if (!done) throw errors.codeInvalid('another request redeemed it first, or its session has ended');
    parts.recorder.record({
      keys: [code, accessToken, idToken],
      from: partyOf(client, parts.urls),
      to: 'cis2',
      name: 'cis2.token',
      detail: { client: application.name, acr: grant.acr },
    });
    return {
      access_token: accessToken,
      id_token: idToken,
      expires_in: accessTokenLifetime - 1,
      scope,
      token_type: 'Bearer',
    };
  },
});
