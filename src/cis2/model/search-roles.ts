import type { RoleProfile } from '../../cis/protocol.ts';

/** The last part of a name in quoted parts: the name of the job, or of the area of work. */
export const lastPart = (name: string): string => /"([^"]*)"\s*$/.exec(name)?.[1] ?? name;

/** The organisation of a role, with its ODS code. */
export const organisationOf = ({ orgName, orgCode }: RoleProfile): string => `${orgName} (${orgCode})`;

/** What tells roles of one name at one organisation apart; empty when there is nothing. */
export const detailsOf = ({ workgroups, areasOfWork }: RoleProfile): string =>
  [...areasOfWork.map(({ name }) => lastPart(name)), ...workgroups.map(({ name }) => name)].join(', ');

/** With more roles than these the page has a search box. */
export const mostWithoutSearch = 5;

/** Longest search that is looked at, in characters. */
const longestSearch = 100;

/** The roles in which every word of the search occurs: in the job, the organisation, a code or a workgroup. */
export function searchRoles(roles: readonly RoleProfile[], search: string): RoleProfile[] {
  const words = search.slice(0, longestSearch).toLowerCase().split(/\s+/).filter(Boolean);
  return roles.filter((role) => {
    const text = [lastPart(role.roleName), organisationOf(role), role.roleCode, detailsOf(role)]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
