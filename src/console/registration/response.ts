import { z } from 'zod';
import { cis2Shape, platformShape } from './shape.ts';

/** Problems of a valid registration that will fail at use; absent without any. */
export const warnings = z.array(z.strictObject({ code: z.string(), message: z.string() })).optional();

/** Client id, and a new or seeded secret. */
export const credentials = z.strictObject({ clientId: z.string(), clientSecret: z.string().optional() });

/** A response has each member that a registration may leave out. */
const withoutDefaults = (shape: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [
      name,
      schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema,
    ]),
  );

const common = {
  ...credentials.shape,
  secrets: z.array(z.strictObject({ createdAt: z.iso.datetime(), expiresAt: z.iso.datetime().nullable() })),
  jwks: z.strictObject({ keys: z.array(z.looseObject({ kty: z.string() })) }).nullable(),
  jwksUrl: z.string().nullable(),
};

/** An application as the API shows it: without its secrets, but with their dates. */
export const applicationResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    developer: z.string(),
    status: z.enum(['approved', 'revoked']),
    profile: z.enum(['nhs', 'standard', 'fapi2']),
    platform: z.strictObject({ ...withoutDefaults(platformShape.shape), ...common }).nullable(),
    cis2: z.strictObject({ ...withoutDefaults(cis2Shape.shape), ...common }).nullable(),
  })
  .meta({ id: 'Application' });
