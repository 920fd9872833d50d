import type { Answer } from '@alongside/kernel/answer';
import { seconds, shownTime } from '@alongside/kernel/clock';
import { decodeJwt, type JwtClaims } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import {
  fetchUserinfo,
  isFor,
  redeemCode,
  signedByProvider,
  UpstreamFailure,
  type UpstreamTokens,
} from '../../oauth/upstream/calls.ts';
import { withRecordedLevels } from '../../oauth/upstream/providers.ts';
import type { Level } from '../../oauth/upstream/upstream.ts';
import { errors } from '../errors.ts';
import { type Attributes, roleIdsAttribute, sealedAs, signInAttributes, userAttributes } from '../issue.ts';
import type { AtBase } from '../parts.ts';
import { type BrowserAnswer, pendingAt, type WithFailBack, type WithPending } from './pending.ts';

export interface WithTokens extends WithPending {
  upstreamTokens: UpstreamTokens;
}
export interface WithClaims extends WithTokens {
  claims: JwtClaims;
}

/** Exchanges the provider's code for its tokens. */
export async function redeemUpstreamCode(
  known: AtBase<'singleUse' | 'vault'> &
    WithFailBack &
    BrowserAnswer &
    WithPending & { upstreamCode: string },
) {
  const { server, failBack, upstream, pending, upstreamCode } = known;
  try {
    const request = {
      code: upstreamCode,
      redirectUri: server.base.callbackUrl,
      verifier: pendingAt(server).verifierOf(pending),
    };
    return { upstreamTokens: await redeemCode(upstream, request) };
  } catch (error) {
    if (error instanceof UpstreamFailure) return failBack(known, error.message);
    throw error;
  }
}

/** Runs the published checks of the provider's ID token, and the others of OpenID Connect Core section 3.1.3.7. */
export async function checkExternalToken({
  server: { base, parts },
  upstream,
  upstreamTokens,
  pending,
}: AtBase<'upstreamKeys' | 'clock' | 'tokens'> & WithTokens): Promise<{ claims: JwtClaims }> {
  const jwt = decodeJwt(upstreamTokens.idToken);
  if (!jwt) throw errors.externalMalformed(`the ID token of ${upstream.id} is not a compact JWS`);
  const { aud, iss, exp, iat, nonce, sub } = jwt.claims;
  if (!isFor(aud, upstream.clientId))
    throw errors.externalAudience(`aud is ${JSON.stringify(aud)}, expected is ${upstream.clientId}`);
  if (typeof iss !== 'string' || iss.toLowerCase() !== upstream.issuer.toLowerCase())
    throw errors.externalIssuer(`iss is ${String(iss)}, expected is ${upstream.issuer}`);
  const signed = await signedByProvider(upstream, jwt, parts.upstreamKeys, {
    needsKid: base.profile === 'nhs',
  });
  if (signed === 'unknown key')
    throw errors.externalKid(`${upstream.jwksUrl} has no key ${String(jwt.header.kid)}`);
  if (signed === 'no')
    throw errors.signatureInvalid(
      `the signature of the ID token of ${upstream.id} is wrong, alg ${String(jwt.header.alg)}`,
    );
  const now = seconds(parts.clock);
  if (typeof exp !== 'number' || exp <= now) throw errors.externalExpired(`exp is ${shownTime(exp, now)}`);
  if (typeof iat !== 'number')
    throw errors.externalMalformed(`iat of the ID token is ${shownTime(iat, now)}`);
  if (pending.nonce !== null && (typeof nonce !== 'string' || !equalSecrets(nonce, pending.nonce)))
    throw errors.externalNonce('the nonce is not the one that was sent');
  if (typeof sub !== 'string' || sub === '') throw errors.externalMalformed('the ID token has no sub');
  return { claims: await withRecordedLevels(parts, upstream, jwt.claims) };
}

/** Returns the role ids in userinfo. A single role may be outside a list. */
function roleIdsOf(claims: Record<string, unknown>): string[] {
  const roles = [claims.nhsid_nrbac_roles ?? []].flat() as ({ person_roleid?: unknown } | null)[];
  return roles
    .map((role) => role?.person_roleid)
    .filter((id): id is string => typeof id === 'string' && id !== '');
}

/** Fetches the roles of the person from the provider. The gateway compares `NHSD-Session-URID` with them. */
export async function fetchRoles(
  known: WithFailBack & BrowserAnswer & WithClaims,
): Promise<Answer | { roles: Attributes }> {
  const { failBack, upstream, upstreamTokens, claims } = known;
  const { userinfoUrl, here } = upstream;
  if (userinfoUrl === undefined) return { roles: {} };
  try {
    const person = await fetchUserinfo({ userinfoUrl, here }, upstreamTokens.accessToken);
    if (person.status !== 200 || !person.claims)
      return failBack(known, `${userinfoUrl} answered ${person.status}`);
    // OpenID Connect Core section 5.3.2
    if (person.claims.sub !== claims.sub)
      return failBack(known, 'the sub of userinfo is not that of the ID token');
    return { roles: { [roleIdsAttribute]: roleIdsOf(person.claims).join(' ') } };
  } catch (error) {
    if (error instanceof UpstreamFailure) return failBack(known, error.message);
    throw error;
  }
}

/** Returns the attributes of the person's tokens. */
export async function describePerson({
  server: {
    parts: { vault },
  },
  upstream,
  upstreamTokens,
  claims,
  level,
  roles,
  pending,
}: AtBase<'vault'> & WithClaims & { level: Level; roles: Attributes }): Promise<{
  attributes: Attributes;
  uid: string;
  sid: string | null;
}> {
  const { idToken, accessToken } = upstreamTokens;
  const attributes = {
    ...userAttributes({ idToken, claims, upstream, level }, 'authorization_code', vault),
    external_access_token: vault.seal(sealedAs.accessToken, accessToken),
    ...roles,
    ...(pending.openId ? signInAttributes(claims) : {}),
  };
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : null;
  return { attributes, uid: upstream.personOf(claims), sid };
}
