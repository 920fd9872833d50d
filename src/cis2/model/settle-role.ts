import type { Person } from '../../cis/protocol.ts';

/** The role that a sign-in goes on with, or that the person must choose one first. */
export interface Settled {
  roleId: string | null;
  asks: boolean;
}

const has = (person: Person, roleId: string | null | undefined): boolean =>
  person.roles.some((role) => role.roleId === roleId);

/** Whether a request has anything to do with the role. */
export const asksForRole = (scope: readonly string[]): boolean =>
  scope.includes('selectedrole') || scope.includes('changedrole');

/**
 * What becomes of the role that a session or the agent brought, the first that counts before the others. A role that was withdrawn is dropped. Who has none goes on
 * without, who has one has that one; a choice that still holds is not asked for again, unless `changedrole` wants it.
 */
export function settleRole(
  person: Person,
  scope: readonly string[],
  held: readonly (string | null)[],
): Settled {
  const roleId = held.find((id) => has(person, id)) ?? null;
  const [only, ...others] = person.roles;
  if (!asksForRole(scope) || only === undefined) return { roleId, asks: false };
  if (others.length === 0) return { roleId: only.roleId, asks: false };
  return { roleId, asks: roleId === null || scope.includes('changedrole') };
}

/** The chosen role, if it is one of the person's. */
export const choiceOf = (person: Person, roleId: string | undefined): string | undefined =>
  has(person, roleId) ? roleId : undefined;
