import { z } from 'zod';
import { membership, person, roleProfile } from '../../cis/protocol/answers.ts';

/** Describes a new or changed person, which CIS validates: it adds ids and known names. */
export const personDraft = z
  .looseObject({
    ...person.shape,
    organisations: z.array(membership.partial()),
    roles: z.array(roleProfile.partial()),
  })
  .partial();
