import type { RoleProfile } from '../../cis/protocol.ts';

/** Returns the last part of a name in quoted parts: the job, or the area of work. */
export const lastPart = (name: string): string => /"([^"]*)"\s*$/.exec(name)?.[1] ?? name;

/** Returns the organisation of a role with its ODS code. */
export const organisationOf = ({ orgName, orgCode }: RoleProfile): string => `${orgName} (${orgCode})`;

/** Returns the details that distinguish roles of one name and organisation. */
export const detailsOf = ({ workgroups, areasOfWork }: RoleProfile): string =>
  [...areasOfWork.map(({ name }) => lastPart(name)), ...workgroups.map(({ name }) => name)].join(', ');

/** The page has a search box for more roles than this. */
export const mostWithoutSearch = 5;

/** Characters of a search that are read. */
const longestSearch = 100;

/** Returns the roles that contain every word of the search in the job, organisation, code or workgroup. */
export function searchRoles(roles: readonly RoleProfile[], search: string): RoleProfile[] {
  const words = search.slice(0, longestSearch).toLowerCase().split(/\s+/).filter(Boolean);
  return roles.filter((role) => {
    const text = [lastPart(role.roleName), organisationOf(role), role.roleCode, detailsOf(role)]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
