import type { Person, RoleProfile } from '../../cis/protocol.ts';
import { claimsOfScopes } from '../scopes.ts';

type Named = { name: string; code: string }[];

/** A pair of lists, in the same order, or nothing when there is nothing. */
const pair = (names: string, codes: string, list: Named): Record<string, string[]> =>
  list.length === 0 ? {} : { [names]: list.map(({ name }) => name), [codes]: list.map(({ code }) => code) };

/** A role as userinfo shows it. The second pair's names differ in number from the first's: that is how they are published. */
const roleClaim = (role: RoleProfile) => ({
  person_orgid: role.personOrgId,
  person_roleid: role.roleId,
  org_code: role.orgCode,
  role_name: role.roleName,
  role_code: role.roleCode,
  ...pair('activities', 'activity_codes', role.activities),
  ...pair('workgroups', 'workgroups_codes', role.workgroups),
  ...pair('aow', 'aow_codes', role.areasOfWork),
});

const member = ({ personOrgId, orgName, orgCode }: Person['organisations'][number]) => ({
  person_orgid: personOrgId,
  org_name: orgName,
  org_code: orgCode,
});

function organisationClaims(person: Person): Record<string, unknown> {
  const worksAt = new Set(person.roles.map(({ orgCode }) => orgCode));
  const all = new Map(
    [...person.organisations, ...person.roles].map(({ orgCode, orgName }) => [
      orgCode,
      { org_name: orgName, org_code: orgCode },
    ]),
  );
  return {
    nhsid_user_orgs: [...all.values()],
    nhsid_org_memberships: person.organisations
      .filter((organisation) => organisation.member)
      .map((organisation) => ({
        ...member(organisation),
        ...(organisation.gnc ? { gnc: organisation.gnc } : {}),
      })),
    nhsid_org_roles: person.organisations.filter(({ orgCode }) => worksAt.has(orgCode)).map(member),
  };
}

/** An assurance level: a string, unless the switch says otherwise. */
export const assurance = (level: string | number, asNumbers: boolean): string | number =>
  asNumbers ? Number(level) : String(level);

/** All that is known of a person, by the names of userinfo, in the published order. Empty values are left out; lists never are. */
export function allClaims(person: Person, roleId: string | null, asNumbers = false): Record<string, unknown> {
  const { professionalIds } = person;
  const claims: Record<string, unknown> = {
    nhsid_useruid: person.uid,
    name: person.displayName,
    nhsid_nrbac_roles: person.roles.map(roleClaim),
    given_name: person.givenName,
    family_name: person.familyName,
    middle_names: person.middleNames,
    initials: person.initials,
    title: person.title,
    display_name: person.displayName,
    uid: person.uid,
    email: person.email,
    idassurancelevel: assurance(person.idAssuranceLevel, asNumbers),
    ...organisationClaims(person),
    gmc_id: professionalIds.gmc,
    gmp_id: professionalIds.gmp,
    gdc_id: professionalIds.gdc,
    gdp_id: professionalIds.gdp,
    gphc_id: professionalIds.gphc,
    nmc_id: professionalIds.nmc,
    rcn_id: professionalIds.rcn,
    consultant_id: professionalIds.consultant,
    // A role that was withdrawn since is not the person's any more.
    selected_roleid: person.roles.some((role) => role.roleId === roleId) ? roleId : undefined,
  };
  return Object.fromEntries(
    Object.entries(claims).filter(([, value]) => value !== undefined && value !== ''),
  );
}

/** Userinfo: what the scopes bring and what was asked for by name. */
export function userinfoClaims(
  person: Person,
  asked: { scope: readonly string[]; names: readonly string[]; roleId: string | null; asNumbers: boolean },
): Record<string, unknown> {
  const wanted = claimsOfScopes(asked.scope);
  for (const name of asked.names) wanted.add(name);
  const all = Object.entries(allClaims(person, asked.roleId, asked.asNumbers));
  return { ...Object.fromEntries(all.filter(([name]) => wanted.has(name))), sub: person.uid };
}

/** Claims of the person that were asked for in the ID token by name; mostly there are none. */
export const namedClaims = (
  person: Person,
  names: readonly string[],
  roleId: string | null,
  asNumbers: boolean,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(allClaims(person, roleId, asNumbers)).filter(([name]) => names.includes(name)),
  );
