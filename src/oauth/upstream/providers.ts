import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import { clientAssertionType } from '../client-assertion.ts';
import { onBehalfOfParameter } from '../on-behalf-of.ts';
import { withQuery } from '../parameters.ts';
import type { Tokens } from '../tokens.ts';
import { nonceAndPkce } from './calls.ts';
import type { Cis2Settings, NhsLoginSettings, Upstream } from './upstream.ts';

/** The scopes of the published service, which every sign-in has. */
const defaultScopes = ['openid', 'nationalrbacaccess'];
/** Those that only an OpenID request adds. */
const claimScopes = ['profile', 'email'];
const careLevels = ['1', '2', '3'];

/** Creates CIS2 as a provider (identity-service-api, AssignMessage.SetAuthorizationRedirectCis2). */
export const cis2Upstream = (settings: Cis2Settings, clock: Clock, isOwn = false): Upstream => ({
  ...settings,
  isOwn,
  id: 'nhs-cis2',
  sendsNonceAndPkce: nonceAndPkce(settings, clock),
  refreshLifetime: 43_200_000,
  signInUrl: ({
    redirectUri,
    state,
    scopes = [],
    acrValues,
    maxAge,
    prompt,
    nonce,
    challenge,
    onBehalfOf,
    withoutRole,
  }) =>
    withQuery(settings.authorizeUrl, {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: redirectUri,
      scope: withoutRole
        ? 'openid'
        : [...defaultScopes, ...claimScopes.filter((scope) => scopes.includes(scope))].join(' '),
      state,
      max_age: maxAge,
      acr_values: acrValues,
      prompt,
      nonce,
      code_challenge: challenge,
      code_challenge_method: challenge && 'S256',
      [onBehalfOfParameter]: onBehalfOf,
    }),
  clientAuthentication: async () => ({ client_secret: settings.clientSecret, client_id: settings.clientId }),
  // Some providers send the level as a number.
  levelOf({ authentication_assurance_level: claim }) {
    const level = careLevels.find((known) => claim === known || claim === Number(known));
    return level === undefined ? undefined : { marker: `:aal${level}:`, name: `aal${level}` };
  },
  personOf: ({ sub }) => String(sub),
});

const proofingLevels = ['P0', 'P5', 'P9'];
/** Lifetime of the platform's assertion in seconds, as published. */
const assertionLifetime = 3_600;

/** Creates the provider for citizens (identity-service-api, AssignMessage.SetAuthorizationRedirectNHSLogin). */
export const nhsLoginUpstream = (
  settings: NhsLoginSettings,
  needed: { clock: Clock; keys: SigningKeys },
): Upstream => ({
  ...settings,
  id: 'nhs-login',
  isOwn: false,
  userinfoUrl: undefined,
  sendsNonceAndPkce: nonceAndPkce(settings, needed.clock),
  refreshLifetime: 3_600_000,
  signInUrl: ({ redirectUri, state, maxAge, nonce, challenge }) =>
    withQuery(settings.authorizeUrl, {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile',
      state,
      max_age: maxAge,
      nonce,
      code_challenge: challenge,
      code_challenge_method: challenge && 'S256',
    }),
  async clientAuthentication(): Promise<Record<string, string>> {
    const { clientId, clientSecret, tokenUrl } = settings;
    if (clientSecret !== undefined) return { client_id: clientId, client_secret: clientSecret };
    const now = seconds(needed.clock);
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: tokenUrl,
      jti: uuid(),
      iat: now,
      exp: now + assertionLifetime,
    };
    return {
      client_assertion_type: clientAssertionType,
      client_assertion: await needed.keys.sign(claims, { algorithm: 'RS512' }),
    };
  },
  levelOf({ identity_proofing_level: claim }) {
    const level = proofingLevels.find((known) => typeof claim === 'string' && claim.slice(0, 2) === known);
    return level === undefined ? undefined : { marker: `:${level}:`, name: level.toLowerCase() };
  },
  personOf: ({ nhs_number: number, sub }) => String(number ?? sub),
});

/** Attributes of an authorization, as CIS2 stores them. */
type Recorded = Readonly<Record<string, string>>;

/** Whether a stored authorization is of the sign-in that the ID token describes. */
const isOf = ({ auth_time: time, acr, amr }: JwtClaims, recorded: Recorded): boolean =>
  recorded.auth_time === String(time) && recorded.acr === acr && recorded.amr === [amr].flat().join(' ');

/** Returns the lowest value of an attribute; undefined if any of the authorizations lacks it, or there is none. */
function lowest(found: readonly Recorded[], name: string): string | undefined {
  const levels = found.map((recorded) => recorded[name]);
  return levels.includes(undefined) ? undefined : levels.sort()[0];
}

/** Returns the level that a class assures: of those that allow two, such as `AAL2_OR_AAL3_ANY`, the lower one. */
const assuredBy = (acr: unknown): string | undefined => /^AAL([123])_/.exec(String(acr))?.[1];

/**
 * Adds the levels that CIS2 of this installation recorded to an ID token that names none. A sign-in at a higher level keeps the
 * session, so the record is that of the authorizations with this sign-in; without it, the class decides.
 */
export async function withRecordedLevels(
  { tokens }: { tokens: Tokens },
  upstream: Upstream,
  claims: JwtClaims,
): Promise<JwtClaims> {
  if (!upstream.isOwn || claims.authentication_assurance_level !== undefined) return claims;
  const { aud, sid, acr } = claims;
  const found =
    typeof sid === 'string' && typeof aud === 'string'
      ? (await tokens.attributesOfSession(sid, upstream.issuer, aud)).filter((one) => isOf(claims, one))
      : [];
  return {
    id_assurance_level: lowest(found, 'id_assurance_level'),
    ...claims,
    authentication_assurance_level: lowest(found, 'aal') ?? assuredBy(acr),
  };
}
