import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { parseGpObject } from './gp-object.ts';

// What the two calls of a sign-in carry.

const asked = {
  auth_method: z.literal('3'),
  app_url: z.literal('NHST'),
  log_session_id: z.string().regex(/^[A-Za-z0-9+/=]{1,64}$/),
  device_id: z.string().regex(/^[A-Za-z0-9-]{1,64},ClientIP=[0-9A-Fa-f.:]{2,45}$/),
};
export const activation = z.strictObject({ ...asked, service: z.literal('ACTIVATION') });
export const authentication = z.strictObject({
  ...asked,
  service: z.literal('AUTHENTICATION'),
  challenge: z.string().max(128),
  signature: z.string().max(8_192),
  uid: z.string().regex(/^\d{12}$/),
  card_type: z.literal('p11'),
  response: z.string().max(24_576),
  mobility: z.enum(['0', '1']),
});

/** Either of them. */
export type Asked = z.infer<typeof activation> | z.infer<typeof authentication>;
export type Authentication = z.infer<typeof authentication>;

/** The parameters of a request in this form. Throws the published refusal, which names none of them. */
export function readForm<S extends z.ZodType>({ request }: { request: HttpRequest }, schema: S): z.infer<S> {
  let parameters: Map<string, string>;
  try {
    parameters = parseGpObject(request.body);
  } catch (error) {
    throw errors.legacyInput(reasonOf(error), {}, error);
  }
  const result = schema.safeParse(Object.fromEntries(parameters));
  if (result.success) return result.data;
  throw errors.legacyInput(`parameter ${result.error.issues[0]?.path.join('.') ?? ''}`);
}
