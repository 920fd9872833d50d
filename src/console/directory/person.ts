import { z } from 'zod';
import type { Person } from '../../cis/protocol.ts';

const pairs = z.array(z.strictObject({ name: z.string(), code: z.string() }));
const professions = ['gmc', 'gmp', 'gdc', 'gdp', 'gphc', 'nmc', 'rcn', 'consultant'] as const;

/** A person as CIS returns it. */
export const personResponse: z.ZodType<Person> = z
  .strictObject({
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
    organisations: z.array(
      z.strictObject({
        personOrgId: z.string(),
        orgCode: z.string(),
        orgName: z.string(),
        member: z.boolean(),
        gnc: z.string().exactOptional(),
      }),
    ),
    roles: z.array(
      z.strictObject({
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
      }),
    ),
    professionalIds: z.partialRecord(z.enum(professions), z.string()),
    disabled: z.boolean(),
    otherClaims: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .meta({ id: 'Person' });
