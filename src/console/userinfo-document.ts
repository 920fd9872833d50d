import type { Person, RoleProfile } from '../cis/protocol.ts';

type Named = readonly { name: string; code: string }[];

const pair = (names: string, codes: string, list: Named): Record<string, string[]> =>
  list.length === 0 ? {} : { [names]: list.map(({ name }) => name), [codes]: list.map(({ code }) => code) };

const role = (profile: RoleProfile): Record<string, unknown> => ({
  person_orgid: profile.personOrgId,
  person_roleid: profile.roleId,
  org_code: profile.orgCode,
  role_name: profile.roleName,
  role_code: profile.roleCode,
  ...pair('activities', 'activity_codes', profile.activities),
  ...pair('workgroups', 'workgroups_codes', profile.workgroups),
  ...pair('aow', 'aow_codes', profile.areasOfWork),
});

/** Returns a person as CIS2 would to a relying party with all scopes: without empty texts, but with empty lists. */
export function userinfoDocument(person: Person): Record<string, unknown> {
  const { organisations, roles, professionalIds } = person;
  const worksAt = new Set(roles.map(({ orgCode }) => orgCode));
  const known = new Map([...organisations, ...roles].map(({ orgCode, orgName }) => [orgCode, orgName]));
  const membership = ({ personOrgId, orgName, orgCode }: Person['organisations'][number]) => ({
    person_orgid: personOrgId,
    org_name: orgName,
    org_code: orgCode,
  });
  const document: Record<string, unknown> = {
    sub: person.uid,
    uid: person.uid,
    nhsid_useruid: person.uid,
    name: person.displayName,
    title: person.title,
    given_name: person.givenName,
    middle_names: person.middleNames,
    family_name: person.familyName,
    initials: person.initials,
    display_name: person.displayName,
    email: person.email,
    idassurancelevel: person.idAssuranceLevel,
    nhsid_nrbac_roles: roles.map(role),
    nhsid_user_orgs: [...known].map(([org_code, org_name]) => ({ org_name, org_code })),
    nhsid_org_memberships: organisations
      .filter(({ member }) => member)
      .map((organisation) => ({
        ...membership(organisation),
        ...(organisation.gnc ? { gnc: organisation.gnc } : {}),
      })),
    nhsid_org_roles: organisations.filter(({ orgCode }) => worksAt.has(orgCode)).map(membership),
    ...Object.fromEntries(Object.entries(professionalIds).map(([kind, id]) => [`${kind}_id`, id])),
  };
  const present = Object.fromEntries(
    Object.entries(document).filter(([, value]) => value !== undefined && value !== ''),
  );
  return { ...present, ...person.otherClaims };
}
