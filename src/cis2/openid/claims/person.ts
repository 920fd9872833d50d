import type { Person, RoleProfile } from '../../../cis/protocol.ts';
import { claimsOfScopes } from '../../model/scopes.ts';

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

/** Every organisation that the person belongs to or works at, once. */
function userOrganisations(person: Person) {
  const all = new Map(
    [...person.organisations, ...person.roles].map(({ orgCode, orgName }) => [
      orgCode,
      { org_name: orgName, org_code: orgCode },
    ]),
  );
  return [...all.values()];
}

const memberships = ({ organisations }: Person) =>
  organisations
    .filter((organisation) => organisation.member)
    .map((organisation) => ({
      ...member(organisation),
      ...(organisation.gnc ? { gnc: organisation.gnc } : {}),
    }));

function workplaces({ organisations, roles }: Person) {
  const worksAt = new Set(roles.map(({ orgCode }) => orgCode));
  return organisations.filter(({ orgCode }) => worksAt.has(orgCode)).map(member);
}

/** Returns an assurance level as a string, or as a number if the setting says so. */
export const assurance = (level: string | number, asNumbers: boolean): string | number =>
  asNumbers ? Number(level) : String(level);

interface Asked {
  roleId: string | null;
  asNumbers: boolean;
}

/** Returns all claims about a user by the names of userinfo, in the published order. */
const claims: readonly (readonly [name: string, of: (person: Person, asked: Asked) => unknown])[] = [
  ['nhsid_useruid', ({ uid }) => uid],
  ['name', ({ displayName }) => displayName],
  ['nhsid_nrbac_roles', ({ roles }) => roles.map(roleClaim)],
  ['given_name', ({ givenName }) => givenName],
  ['family_name', ({ familyName }) => familyName],
  ['middle_names', ({ middleNames }) => middleNames],
  ['initials', ({ initials }) => initials],
  ['title', ({ title }) => title],
  ['display_name', ({ displayName }) => displayName],
  ['uid', ({ uid }) => uid],
  ['email', ({ email }) => email],
  ['idassurancelevel', ({ idAssuranceLevel }, { asNumbers }) => assurance(idAssuranceLevel, asNumbers)],
  ['nhsid_user_orgs', userOrganisations],
  ['nhsid_org_memberships', memberships],
  ['nhsid_org_roles', workplaces],
  ['gmc_id', ({ professionalIds }) => professionalIds.gmc],
  ['gmp_id', ({ professionalIds }) => professionalIds.gmp],
  ['gdc_id', ({ professionalIds }) => professionalIds.gdc],
  ['gdp_id', ({ professionalIds }) => professionalIds.gdp],
  ['gphc_id', ({ professionalIds }) => professionalIds.gphc],
  ['nmc_id', ({ professionalIds }) => professionalIds.nmc],
  ['rcn_id', ({ professionalIds }) => professionalIds.rcn],
  ['consultant_id', ({ professionalIds }) => professionalIds.consultant],
  // A role that was withdrawn since is not the person's any more.
  [
    'selected_roleid',
    ({ roles }, { roleId }) => (roles.some((role) => role.roleId === roleId) ? roleId : ''),
  ],
];

/** The wanted ones. Empty values are left out; lists never are. */
function claimsOf(person: Person, asked: Asked, wanted?: ReadonlySet<string>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, of] of claims) {
    if (wanted && !wanted.has(name)) continue;
    const value = of(person, asked);
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

/** All that is known of a person. */
export const allClaims = (person: Person, roleId: string | null): Record<string, unknown> =>
  claimsOf(person, { roleId, asNumbers: false });

/** Returns the claims of userinfo: those of the scopes and those requested by name. */
export function userinfoClaims(
  person: Person,
  asked: Asked & { scope: readonly string[]; names: readonly string[] },
): Record<string, unknown> {
  const wanted = claimsOfScopes(asked.scope);
  for (const name of asked.names) wanted.add(name);
  return { ...claimsOf(person, asked, wanted), sub: person.uid };
}

/** Returns the claims about the user that were requested by name in the ID token. */
export const namedClaims = (
  person: Person,
  names: readonly string[],
  roleId: string | null,
  asNumbers: boolean,
): Record<string, unknown> =>
  names.length === 0 ? {} : claimsOf(person, { roleId, asNumbers }, new Set(names));
