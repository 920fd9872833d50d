import { jobNameOf, organisationOf, type Person, type RoleProfile } from '../../cis/protocol.ts';

/** The role of a sign-in, and whether to ask for one. */
export interface SettledRole {
  roleId: string | null;
  asks: boolean;
}

const has = (person: Person, roleId: string | null | undefined): boolean =>
  person.roles.some((role) => role.roleId === roleId);

export const asksForRole = (scope: readonly string[]): boolean =>
  scope.includes('selectedrole') || scope.includes('changedrole');

/**
 * Settles the role of a sign-in. Roles that were withdrawn are dropped. A person with several roles must choose, unless a held role is
 * still valid and the scope is not `changedrole`.
 * @param held roles of the session or the agent, by precedence
 */
export function settleRole(
  person: Person,
  scope: readonly string[],
  held: readonly (string | null)[],
): SettledRole {
  const roleId = held.find((id) => has(person, id)) ?? null;
  const [only, ...others] = person.roles;
  if (!asksForRole(scope) || only === undefined) return { roleId, asks: false };
  if (others.length === 0) return { roleId: only.roleId, asks: false };
  return { roleId, asks: roleId === null || scope.includes('changedrole') };
}

/** Returns the chosen role, if the person has it. */
export const choiceOf = (person: Person, roleId: string | undefined): string | undefined =>
  has(person, roleId) ? roleId : undefined;

/** Returns the details that distinguish roles of one name and organisation. */
export const detailsOf = ({ workgroups, areasOfWork }: RoleProfile): string =>
  [...areasOfWork.map(({ name }) => jobNameOf(name)), ...workgroups.map(({ name }) => name)].join(', ');

/** The page has a search box for more roles than this. */
export const maxWithoutSearch = 5;

/** Characters of a search that are read. */
const maxSearchLength = 100;

/** Returns the roles that contain every word of the search in the job, organisation, code or workgroup. */
export function searchRoles(roles: readonly RoleProfile[], search: string): RoleProfile[] {
  const words = search.slice(0, maxSearchLength).toLowerCase().split(/\s+/).filter(Boolean);
  return roles.filter((role) => {
    const text = [jobNameOf(role.roleName), organisationOf(role), role.roleCode, detailsOf(role)]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
