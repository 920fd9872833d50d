import { isObject, parseJsonObject } from '@alongside/kernel/json';
import { jobNameOf, organisationOf } from '../../../../cis/protocol.ts';
import type { Journey } from '../../../../journeys/model.ts';

function parsed(body: string): ReturnType<typeof parseJsonObject> {
  try {
    return parseJsonObject(body);
  } catch {
    // A body that was cut is not whole JSON.
    return {};
  }
}

/** Names a role of userinfo. Roles have only codes of organisations: the name is in another claim, or in the stored role. */
function named(role: Record<string, unknown>, organisations: unknown, stored: string | null): string {
  const job = jobNameOf(String(role.role_name));
  const orgCode = String(role.org_code);
  if (stored?.startsWith(job) && stored.endsWith(` (${orgCode})`)) return stored;
  const place = Array.isArray(organisations)
    ? organisations.find((one) => isObject(one) && one.org_code === orgCode)
    : undefined;
  const text = isObject(place) ? organisationOf({ orgName: String(place.org_name), orgCode }) : orgCode;
  return `${job} at ${text}`;
}

/** Returns role and organisation of a role id, from the userinfo that the journey read; undefined if it read none with this role. */
export function roleIn(
  { messages, role: stored }: Pick<Journey, 'messages' | 'role'>,
  roleId: unknown,
): string | undefined {
  for (const { name, response } of messages) {
    if (!name.endsWith('.userinfo') || !response?.body) continue;
    const claims = parsed(response.body);
    const roles = claims.nhsid_nrbac_roles;
    const role = Array.isArray(roles)
      ? roles.find((one) => isObject(one) && one.person_roleid === roleId)
      : undefined;
    if (isObject(role)) return named(role, claims.nhsid_user_orgs, stored);
  }
  return undefined;
}

/** Returns the role of the sign-in: the stored one, or that of an ID token of the journey. */
export function roleOf(journey: Pick<Journey, 'messages' | 'role'>): string | undefined {
  if (journey.role) return journey.role;
  for (const { response } of journey.messages)
    for (const { claims } of response?.tokens ?? [])
      if (claims.selected_roleid) return roleIn(journey, claims.selected_roleid);
  return undefined;
}
