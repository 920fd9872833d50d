import type { Answer } from '@alongside/kernel/answer';
import { type Attributes, roleIdsAttribute, sealedAs, userAttributes } from '../attributes.ts';
import type { AtBase } from '../parts.ts';
import { fetchUserinfo, UpstreamFailure } from '../upstream/calls.ts';
import type { Level } from '../upstream/upstream.ts';
import type { WithClaims } from './id-token.ts';
import type { BrowserAnswer, WithFailBack } from './pending.ts';

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
  };
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : null;
  return { attributes, uid: upstream.personOf(claims), sid };
}
