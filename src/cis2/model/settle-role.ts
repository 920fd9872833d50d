import type { Person } from '../../cis/protocol.ts';

/** The role of a sign-in, and whether to ask for one. */
export interface SettledRole {
  roleId: string | null;
  asks: boolean;
}

const has = (person: Person, roleId: string | null | undefined): boolean =>
  person.roles.some((role) => role.roleId === roleId);

/** Whether the scope asks for the role. */
export const asksForRole = (scope: readonly string[]): boolean =>
  scope.includes('selectedrole') || scope.includes('changedrole');

/**
 * Settles the role of a sign-in. Roles that were withdrawn are dropped. A person with several roles is asked, unless a held role is
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
