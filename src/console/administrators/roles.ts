/**
 * Roles of administrators. `registration-authority`: people, cards and authenticators of its organisations. `support`: people, journeys
 * and sessions. `read`: health, keys, and journeys without people.
 */
export const roles = ['administrator', 'registration-authority', 'support', 'read'] as const;
export type Role = (typeof roles)[number];

/** The roles that an operation admits besides administrators, whom every operation admits. */
export type AdmittedRoles = readonly Exclude<Role, 'administrator'>[];

/** Returns all roles that an operation admits. */
export const rolesOf = (admitted: AdmittedRoles = []): readonly Role[] => ['administrator', ...admitted];
