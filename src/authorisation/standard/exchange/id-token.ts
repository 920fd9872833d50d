import { seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { signedByProvider } from '../../../oauth/upstream/calls.ts';
import { withRecordedLevels } from '../../../oauth/upstream/providers.ts';
import type { Upstream } from '../../../oauth/upstream/upstream.ts';
import type { Base } from '../../base.ts';
import { isIssuedTo } from '../../id-token-party.ts';
import { roleIdsAttribute, userAttributes } from '../../issue.ts';
import type { PlatformParts } from '../../parts.ts';
import { offered } from '../profile.ts';
import { type Asking, type Party, partyIn, type TokenType } from './proven.ts';

const types = ['undefined', 'jwt'];

/** Returns why a JWT is not a valid ID token; other kinds of JWT are refused (RFC 8725 section 3.11). */
function claimsFault({ header, claims }: DecodedJwt, now: number): string | undefined {
  const { exp, sub, events } = claims;
  if (!types.includes(String(header.typ).toLowerCase())) return `typ is ${String(header.typ)}`;
  if (typeof exp !== 'number' || exp <= now) return `exp is ${String(exp)}, it is ${now} now`;
  if (typeof sub !== 'string' || sub === '') return 'it names nobody';
  return events === undefined ? undefined : 'it has events, so it is a logout token';
}

/** Returns why the application may not exchange a token with this audience (RFC 8693 section 5). */
function audienceFault(claims: DecodedJwt['claims'], upstream: Upstream, { client }: Asking, base: Base) {
  const { aud } = claims;
  if (aud === undefined) return 'there is no aud';
  const own = client.application.cis2?.clientId;
  const { bindSubjectAudience, refuseForeignIdTokens } = base.hardening;
  const bound = bindSubjectAudience && own !== undefined && upstream.id === 'nhs-cis2';
  return (bound || refuseForeignIdTokens) && !isIssuedTo(claims, client)
    ? `aud is ${JSON.stringify(aud)}, which is no client id of ${client.application.name}`
    : undefined;
}

/** Whether the token was issued to another application, and names this one in `may_act` (RFC 8693 section 4.4). */
const mayAct = (claims: DecodedJwt['claims'], { client }: Asking, base: Base): boolean => {
  const named = partyIn(claims.may_act);
  return named?.client_id === client.registration.clientId && (named.iss ?? base.issuer) === base.issuer;
};

async function signatureFault(
  jwt: DecodedJwt,
  upstream: Upstream,
  parts: PlatformParts,
): Promise<string | undefined> {
  try {
    const signed = await signedByProvider(upstream, jwt, parts.upstreamKeys, {
      algorithms: offered.algorithms,
      needsKid: false,
    });
    return signed === 'yes' ? undefined : `signature by key ${String(jwt.header.kid)}: ${signed}`;
  } catch (error) {
    return `${upstream.jwksUrl}: ${reasonOf(error)}`;
  }
}

/** Returns the actor of the ID token. The provider for citizens puts a whole token there, which is verified too. */
async function actorOf(
  value: unknown,
  upstream: Upstream,
  parts: PlatformParts,
): Promise<{ act: Party | null } | { fault: string }> {
  const act = partyIn(value);
  const inner = typeof act?.sub === 'string' ? decodeJwt(act.sub) : undefined;
  if (!inner) return { act };
  const { iss } = inner.claims;
  if (iss !== upstream.issuer) return { fault: `act.sub: iss is ${String(iss)}, not ${upstream.issuer}` };
  const fault = claimsFault(inner, seconds(parts.clock)) ?? (await signatureFault(inner, upstream, parts));
  return fault === undefined
    ? { act: { sub: upstream.personOf(inner.claims), iss: upstream.issuer } }
    : { fault: `act.sub: ${fault}` };
}

/** An ID token of a provider of this base path (OpenID Connect Core section 2). */
export const idToken: TokenType = {
  type: 'urn:ietf:params:oauth:token-type:id_token',
  async read(token, asking, base, parts, as) {
    const jwt = decodeJwt(token);
    if (!jwt) return { fault: 'it is not a compact JWS' };
    const { claims: stated } = jwt;
    const upstream = base.providerOf(stated.iss);
    if (!upstream) return { fault: `iss is ${String(stated.iss)}, which is no provider of ${base.path}` };
    const delegated = as === 'subject' && !isIssuedTo(stated, asking.client) && mayAct(stated, asking, base);
    const fault =
      claimsFault(jwt, seconds(parts.clock)) ??
      (delegated ? undefined : audienceFault(stated, upstream, asking, base)) ??
      (await signatureFault(jwt, upstream, parts));
    if (fault !== undefined) return { fault };
    const claims = await withRecordedLevels(parts, upstream, stated);
    const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : null;
    const level = upstream.levelOf(claims);
    if (!level) return { fault: 'it names no level of assurance' };
    const acting = await actorOf(claims.act, upstream, parts);
    if ('fault' in acting) return acting;
    const uid = upstream.personOf(claims);
    const person = userAttributes({ idToken: token, claims, upstream, level }, 'token_exchange', parts.vault);
    const named = (claims.selected_roleid ?? '') !== '';
    const needsRoles = as === 'subject' && upstream.id === 'nhs-cis2' && !named;
    const roles = needsRoles ? await parts.roleSource?.(uid) : undefined;
    return {
      sub: uid,
      iss: upstream.issuer,
      clientId: null,
      foreign: delegated,
      uid,
      sid,
      grant: null,
      expiresAt: Number(claims.exp) * 1_000,
      limit: { level },
      resources: [],
      attributes: roles ? { ...person, [roleIdsAttribute]: roles.join(' ') } : person,
      act: acting.act,
      mayAct: partyIn(claims.may_act),
      upstream,
    };
  },
};
