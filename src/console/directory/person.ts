import { z } from 'zod';
import type { Person } from '../../cis/protocol.ts';

const pairs = z.array(z.strictObject({ name: z.string(), code: z.string() }));
const professions = ['gmc', 'gmp', 'gdc', 'gdp', 'gphc', 'nmc', 'rcn', 'consultant'] as const;

const organisation = z.strictObject({
  personOrgId: z.string(),
  orgCode: z.string(),
  orgName: z.string(),
  member: z.boolean(),
  gnc: z.string().exactOptional(),
});

const role = z.strictObject({
  roleId: z.string(),
  personOrgId: z.string(),
  roleCode: z.string(),
  roleName: z.string(),
  orgId: z.string().exactOptional(),
  orgCode: z.string(),
  orgName: z.string(),
  activities: pairs,
  workgroups: pairs,
  areasOfWork: pairs,
});

const members = {
  uid: z.string(),
  persona: z.string().nullable(),
  title: z.string(),
  givenName: z.string(),
  middleNames: z.string(),
  familyName: z.string(),
  initials: z.string(),
  displayName: z.string(),
  email: z.string(),
  idAssuranceLevel: z.string(),
  authenticators: z.array(z.string()),
  organisations: z.array(organisation),
  roles: z.array(role),
  professionalIds: z.partialRecord(z.enum(professions), z.string()),
  disabled: z.boolean(),
  otherClaims: z.record(z.string(), z.unknown()).exactOptional(),
};

/** A person as CIS returns it. */
export const personResponse: z.ZodType<Person> = z.strictObject(members).meta({ id: 'Person' });

/** Describes a new or changed person, which CIS validates: it adds ids and known names. */
export const personDraft = z
  .looseObject({
    ...members,
    organisations: z.array(organisation.partial()),
    roles: z.array(role.partial()),
  })
  .partial();
