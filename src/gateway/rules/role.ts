import type { TokenRecord } from '../../oauth/tokens.ts';
import type { AccessMode } from '../api.ts';
import { faults } from '../faults.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';

const roleId = /^[0-9]{1,20}$/;

interface KnownRoles {
  /** Undefined where the platform never learned the person's roles. */
  ids: readonly string[] | undefined;
  selected: string | undefined;
}

/** The roles that were kept at sign-in. A list that holds something else than role ids is refused as misconfigured. */
function rolesOf({ attributes }: TokenRecord): KnownRoles {
  const selected = attributes['id_token-selected_roleid'] || undefined;
  const kept = attributes['alongside.role_ids'];
  const ids = kept?.split(' ').filter(Boolean);
  if (ids?.some((id) => !roleId.test(id)) || (selected !== undefined && !roleId.test(selected)))
    throw faults.rolesMalformed('a role id of the token is no number');
  return { selected, ids: ids ?? (selected === undefined ? undefined : [selected]) };
}

const isLogin = ({ attributes }: TokenRecord): boolean =>
  /(^|-)nhs-login$/.test(attributes.auth_provider ?? '');

/** A person who signed in as a citizen has no role, and none can be looked up. */
function refuseLogin(wanted: string): never {
  if (wanted === '') throw faults.roleNotInToken('a citizen has no role', { value: '' });
  throw faults.noUserInfo('a citizen has no role', { value: wanted });
}

/** The role that a header asks for. It must be one of the person's, whichever way the token was got. */
function chosen(wanted: string, { ids, selected }: KnownRoles): string {
  if (!roleId.test(wanted)) throw faults.roleInvalid('the header is no role id', { value: wanted });
  if (wanted !== selected && !ids?.includes(wanted))
    throw faults.roleInvalid('the role is none of the person', { value: wanted });
  return wanted;
}

/** The role of a call that names none: the selected one, else the only one. */
function implied({ ids, selected }: KnownRoles): string {
  if (selected !== undefined) return selected;
  const [only, ...others] = ids ?? [];
  if (only === undefined) throw faults.roleNone('the person has no role', { value: '' });
  if (others.length > 0)
    throw faults.rolesSeveral(`the person has ${others.length + 1} roles`, { value: '' });
  return only;
}

/**
 * Finds the role that the person works in: the header's, checked against the person's own; else the one selected
 * at sign-in; else the only one. After an exchange of another provider's ID token the platform may know no role:
 * then the header passes as published, and the audit line says so.
 */
export function resolveRole(call: Arrival & { client: HeaderMap; token: TokenRecord; mode: AccessMode }): {
  role: string;
} {
  const { mode, client, token, trace } = call;
  if (mode.role === null) return { role: '' };
  const wanted = client.get(mode.role.header) ?? '';
  if (isLogin(token)) refuseLogin(wanted);
  const known = rolesOf(token);
  if (known.ids === undefined && token.attributes.auth_grant_type === 'token_exchange') {
    if (wanted !== '' && !roleId.test(wanted))
      throw faults.roleInvalid('the header is no role id', { value: wanted });
    trace.roleUnchecked = true;
    trace.role = wanted;
    return { role: wanted };
  }
  const role = wanted === '' ? implied(known) : chosen(wanted, known);
  trace.role = role;
  return { role };
}
