import type { TokenRecord } from '../../oauth/tokens.ts';
import type { AccessMode } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';
import { faults } from '../faults.ts';
import type { HeaderMap } from '../headers.ts';
import { People, type PersonNow } from '../people.ts';
import type { Arrival } from './arrival.ts';

const roleId = /^[0-9]{1,20}$/;

interface KnownRoles {
  /** Undefined where the platform never learned the person's roles. */
  ids: readonly string[] | undefined;
  selected: string | undefined;
  /** Of these, the ones that were withdrawn since. */
  withdrawn: ReadonlySet<string>;
}

/**
 * The roles that were kept at sign-in, less those that the person has lost since. A list that holds something else than
 * role ids is refused as misconfigured.
 */
function rolesOf({ attributes }: TokenRecord, now: PersonNow | undefined): KnownRoles {
  const selected = attributes['id_token-selected_roleid'] || undefined;
  const kept = attributes['alongside.role_ids'];
  const ids = kept?.split(' ').filter(Boolean);
  if (ids?.some((id) => !roleId.test(id)) || (selected !== undefined && !roleId.test(selected)))
    throw faults.rolesMalformed('a role id of the token is no number');
  const known = ids ?? (selected === undefined ? undefined : [selected]);
  const lost = [...(known ?? []), selected ?? []].flat().filter((id) => now && !now.roleIds.includes(id));
  const withdrawn = new Set(lost);
  return { selected, ids: known?.filter((id) => !withdrawn.has(id)), withdrawn };
}

const isLogin = ({ attributes }: TokenRecord): boolean =>
  /(^|-)nhs-login$/.test(attributes.auth_provider ?? '');

/**
 * Looks the person up who signed in at our own CIS2: a withdrawn role, a disabled or a removed account counts from the next second,
 * also where the news of it has not come by back-channel logout.
 */
export const lookUpPerson = ({ people, clock, log }: Dependencies) => {
  const known = people && new People(people, clock, log);
  return async function lookUpPerson({
    token: { uid, attributes },
  }: Arrival & { token: TokenRecord }): Promise<{ person: PersonNow | undefined }> {
    if (uid === null) return { person: undefined };
    const person = await known?.find(attributes['id_token-issuer'], uid);
    if (person?.disabled)
      throw faults.personDisabled('the account was disabled or removed after the sign-in');
    return { person };
  };
};

/** A person who signed in as a citizen has no role, and none can be looked up. */
function refuseLogin(wanted: string): never {
  if (wanted === '') throw faults.roleNotInToken('a citizen has no role', { value: '' });
  throw faults.noUserInfo('a citizen has no role', { value: wanted });
}

/** The role that a header asks for. It must be one of the person's, whichever way the token was got. */
function chosen(wanted: string, { ids, selected, withdrawn }: KnownRoles): string {
  if (!roleId.test(wanted)) throw faults.roleInvalid('the header is no role id', { value: wanted });
  if (withdrawn.has(wanted))
    throw faults.roleInvalid('the role was withdrawn after the sign-in', { value: wanted });
  if (wanted !== selected && !ids?.includes(wanted))
    throw faults.roleInvalid('the role is none of the person', { value: wanted });
  return wanted;
}

/** The role of a call that names none: the selected one, else the only one. */
function implied({ ids, selected, withdrawn }: KnownRoles): string {
  if (selected !== undefined && withdrawn.has(selected))
    throw faults.roleInvalid('the selected role was withdrawn after the sign-in', { value: '' });
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
export function resolveRole(
  call: Arrival & { client: HeaderMap; token: TokenRecord; mode: AccessMode; person: PersonNow | undefined },
): { role: string } {
  const { mode, client, token, person, trace } = call;
  if (mode.role === null) return { role: '' };
  const wanted = client.get(mode.role.header) ?? '';
  if (isLogin(token)) refuseLogin(wanted);
  const known = rolesOf(token, person);
  if (known.ids === undefined && token.attributes.auth_grant_type === 'token_exchange') {
    if (wanted !== '' && !roleId.test(wanted))
      throw faults.roleInvalid('the header is no role id', { value: wanted });
    trace.roleUnchecked = true;
    trace.role = wanted;
    return { role: wanted };
  }
  const role = wanted === '' ? implied(known) : chosen(wanted, known);
  trace.role = role;
  trace.organisation = person?.organisations?.[role];
  return { role };
}
