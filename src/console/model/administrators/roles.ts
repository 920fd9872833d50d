import { z } from 'zod';

/**
 * Roles of administrators. `administrator`: everything. `registration-authority`: people, cards and authenticators of its organisations.
 * `support`: people, journeys and sessions. `read`: health, keys, and journeys without people.
 */
export const roles = ['administrator', 'registration-authority', 'support', 'read'] as const;
export type Role = (typeof roles)[number];

/** The purpose of each role, as the pages describe it. */
export const roleDuties: Readonly<Record<Role, string>> = {
  administrator:
    'Manages everything: applications, people, keys and the roles of others; reads the audit log.',
  'registration-authority':
    'Manages the people of its organisations, their cards and their other authenticators.',
  support: 'Reads people, journeys and sessions, and ends sessions.',
  read: 'Reads health, keys, and journeys without the people in them.',
};

/** The roles that an operation admits besides administrators, whom every operation admits. */
export type AdmittedRoles = readonly Exclude<Role, 'administrator'>[];

/** For operations that every signed-in administrator may use. */
export const everyRole: AdmittedRoles = ['registration-authority', 'support', 'read'];

/** Who may use an operation in production. */
export interface Access {
  /** Roles that it admits besides administrators; none by default. */
  readonly roles?: AdmittedRoles;
  /** Whether a passkey must have been used within the last five minutes. */
  readonly recentPasskey?: true;
}

/** Returns all roles that an operation admits. */
export const rolesOf = (admitted: AdmittedRoles = []): readonly Role[] => ['administrator', ...admitted];

/** A role, and the organisations to which that of a registration authority is limited. */
export interface Grant {
  readonly role: Role;
  /** ODS codes; empty for other roles. */
  readonly organisations: readonly string[];
}

const organisation = z
  .string('must be a code')
  .regex(/^[A-Za-z0-9]{1,12}$/, 'must be the code of an organisation, such as A9A5A')
  .transform((code) => code.toUpperCase());

/** A role with its organisations, which exactly the registration authority has. */
export const grantShape = z
  .strictObject({
    role: z.enum(roles, `must be ${roles.join(', ')}`),
    organisations: z
      .array(organisation, 'must be a list of codes')
      .max(50, 'must have at most 50 entries')
      .default([])
      .describe('ODS codes to which a registration authority is limited'),
  })
  .check(({ value: { role, organisations }, issues }) => {
    const add = (message: string) =>
      issues.push({ code: 'custom', message, path: ['organisations'], input: organisations });
    if (role === 'registration-authority' && organisations.length === 0)
      add('must name the organisations of a registration authority');
    if (role !== 'registration-authority' && organisations.length > 0)
      add('limits only a registration authority');
  });
