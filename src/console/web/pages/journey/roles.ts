import { isObject, parseJsonObject } from '@alongside/kernel/json';
import { jobNameOf } from '../../../../cis/protocol.ts';
import type { Journey } from '../../../../journeys/model.ts';

function parsed(body: string): ReturnType<typeof parseJsonObject> {
  try {
    return parseJsonObject(body);
  } catch {
    // A body that was cut is not whole JSON.
    return {};
  }
}

/** Returns role and organisation of a role id, from the userinfo that the journey read; undefined if it read none with this role. */
export function roleIn({ messages }: Pick<Journey, 'messages'>, roleId: unknown): string | undefined {
  for (const { name, response } of messages) {
    if (!name.endsWith('.userinfo') || !response?.body) continue;
    const roles = parsed(response.body).nhsid_nrbac_roles;
    const role = Array.isArray(roles)
      ? roles.find((one) => isObject(one) && one.person_roleid === roleId)
      : undefined;
    if (isObject(role)) return `${jobNameOf(String(role.role_name))} at ${String(role.org_code)}`;
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
