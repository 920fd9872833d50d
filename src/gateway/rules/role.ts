import { shownRegistered } from '@alongside/kernel/refusal-facts';
import { check } from '@alongside/kernel/steps';
import type { TokenRecord } from '../../oauth/token-records.ts';
import type { AccessMode } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import type { PersonNow } from '../people.ts';
import type { Arrival, WithHeaders } from './request.ts';

const roleId = /^[0-9]{1,20}$/;

interface KnownRoles {
  /** Undefined if the platform does not know the user's roles. */
  ids: readonly string[] | undefined;
  selected: string | undefined;
  /** Roles that were withdrawn since the sign-in. */
  withdrawn: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/**
 * Returns the roles stored at sign-in, with those withdrawn since. Refuses a list with anything but role ids as misconfigured.
 */
function rolesOf({ attributes }: TokenRecord, now: PersonNow | undefined): KnownRoles {
  const selected = attributes['id_token-selected_roleid'] || undefined;
  const kept = attributes['alongside.role_ids'];
  const ids = kept?.split(' ').filter(Boolean);
  if (ids?.some((id) => !roleId.test(id)) || (selected !== undefined && !roleId.test(selected)))
    throw errors.rolesMalformed('a role id of the token is not a number');
  const known = ids ?? (selected === undefined ? undefined : [selected]);
  if (!now) return { selected, ids: known, withdrawn: none };
  const lost = [...(known ?? []), selected ?? []].flat().filter((id) => !now.roleIds.includes(id));
  const withdrawn = new Set(lost);
  return { selected, ids: known?.filter((id) => !withdrawn.has(id)), withdrawn };
}

const isLogin = ({ attributes }: TokenRecord): boolean =>
  /(^|-)nhs-login$/.test(attributes.auth_provider ?? '');

interface KnownPerson {
  person: PersonNow | undefined;
}

function unlessDisabled(person: PersonNow | undefined): KnownPerson {
  if (person?.disabled) throw errors.personDisabled('the account was disabled or removed after the sign-in');
  return { person };
}

/**
 * Looks up a user who signed in at our own CIS2: a withdrawn role or a disabled or removed account takes effect from the next
 * second, even before a back-channel logout.
 */
export const lookUpPerson = check(
  'person',
  function lookUpPerson({
    gateway,
    token: { uid, attributes },
  }: Arrival & { token: TokenRecord }): KnownPerson | Promise<KnownPerson> {
    if (uid === null) return { person: undefined };
    const found = gateway.directory?.find(attributes['id_token-issuer'], uid);
    return found instanceof Promise ? found.then(unlessDisabled) : unlessDisabled(found);
  },
);

/** Refuses a role for a citizen. */
function refuseLogin(wanted: string): never {
  if (wanted === '') throw errors.roleNotInToken('a citizen has no role', { value: '' });
  throw errors.noUserInfo('a citizen has no role', { value: wanted });
}

/** Returns the role that a header selects. It must be one of the user's, however the token was obtained. */
function chosen(wanted: string, { ids, selected, withdrawn }: KnownRoles): string {
  if (!roleId.test(wanted)) throw errors.roleInvalid('the header is not a role id', { value: wanted });
  if (withdrawn.has(wanted))
    throw errors.roleInvalid('the role was withdrawn after the sign-in', { value: wanted });
  if (wanted !== selected && !ids?.includes(wanted))
    throw errors.roleInvalid('the person does not have this role', { value: wanted }).about({
      field: 'nhsd-session-urid',
      headline: 'The person does not have this role',
      received: wanted,
      expected: shownRegistered(wanted, ids ?? []),
    });
  return wanted;
}

/** Returns the role of a call without a header: the selected one, else the only one. */
function implied({ ids, selected, withdrawn }: KnownRoles): string {
  if (selected !== undefined && withdrawn.has(selected))
    throw errors.roleInvalid('the selected role was withdrawn after the sign-in', { value: '' });
  if (selected !== undefined) return selected;
  const [only, ...others] = ids ?? [];
  if (only === undefined) throw errors.roleNone('the person has no role', { value: '' });
  if (others.length > 0)
    throw errors.rolesSeveral(`the person has ${others.length + 1} roles`, { value: '' }).about({
      field: 'nhsd-session-urid',
      headline: `No role was given, and the person has ${others.length + 1}`,
      received: 'no NHSD-Session-URID',
      expected: `one of ${[only, ...others].slice(0, 5).join(', ')}`,
    });
  return only;
}

/**
 * Determines the user's role: that of the header, checked against the user's own; else the one selected at sign-in; else the only
 * one. After an exchange of another provider's ID token the platform may not know the roles: then the header is passed on as
 * published, and the audit record notes it.
 */
export const resolveRole = check(
  'role',
  function resolveRole(
    call: WithHeaders & { token: TokenRecord; mode: AccessMode; person: PersonNow | undefined },
  ): { role: string } {
    const { mode, client, token, person, trace } = call;
    if (mode.role === null) return { role: '' };
    const wanted = client.get('nhsd-session-urid') ?? '';
    if (isLogin(token)) refuseLogin(wanted);
    const known = rolesOf(token, person);
    if (known.ids === undefined && token.attributes.auth_grant_type === 'token_exchange') {
      if (wanted !== '' && !roleId.test(wanted))
        throw errors.roleInvalid('the header is not a role id', { value: wanted });
      trace.roleUnchecked = true;
      trace.role = wanted;
      return { role: wanted };
    }
    const role = wanted === '' ? implied(known) : chosen(wanted, known);
    trace.role = role;
    trace.organisation = person?.organisations?.[role];
    return { role };
  },
);
