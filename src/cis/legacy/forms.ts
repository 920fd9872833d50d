import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import { errors } from '../errors.ts';
import type { Person } from '../protocol.ts';
import { type GpParameter, parseGpObject } from './gp-object.ts';

const shared = {
  auth_method: z.literal('3'),
  app_url: z.literal('NHST'),
  log_session_id: z.string().regex(/^[A-Za-z0-9+/=]{1,64}$/),
  device_id: z.string().regex(/^[A-Za-z0-9-]{1,64},ClientIP=[0-9A-Fa-f.:]{2,45}$/),
};
export const activation = z.strictObject({ ...shared, service: z.literal('ACTIVATION') });
export const authentication = z.strictObject({
  ...shared,
  service: z.literal('AUTHENTICATION'),
  challenge: z.string().max(128),
  signature: z.string().max(8_192),
  uid: z.string().regex(/^\d{12}$/),
  card_type: z.literal('p11'),
  response: z.string().max(24_576),
  mobility: z.enum(['0', '1']),
});

export type Activation = z.infer<typeof activation>;
export type Authentication = z.infer<typeof authentication>;

/** Reads the parameters of a sign-in request. @throws Refusal the published one, which names no parameter */
export function readForm<S extends z.ZodType>({ body }: HttpRequest, schema: S): z.infer<S> {
  let parameters: Map<string, string>;
  try {
    parameters = parseGpObject(body);
  } catch (error) {
    throw errors.legacyInput(reasonOf(error), {}, error);
  }
  const result = schema.safeParse(Object.fromEntries(parameters));
  if (result.success) return result.data;
  throw errors.legacyInput(`parameter ${result.error.issues[0]?.path.join('.') ?? ''}`);
}

/** Fixed values of the published responses. */
const fixed = { version: '5.2.7', maxTime: '600', time: '600', keepAlive: 'false' };

/** Returns the parameters of the response to a sign-in, in the published order. */
export function signInParameters(
  form: Authentication,
  person: Person,
  ticket: string,
  origin: string,
): GpParameter[] {
  const { hostname } = new URL(origin);
  const roles = person.roles.map(({ roleId, orgCode, orgName, roleName }, index) => ({
    name: `nhsjobrole${index}`,
    value: `${orgName}, ${roleName}`,
    attributes: { id: roleId, orgcode: orgCode },
  }));
  return [
    { name: 'log_session_id', value: form.log_session_id },
    { name: 'error_url', value: `${origin}/login/error` },
    { name: 'server_ip', value: hostname },
    { name: 'cn', value: person.displayName },
    ...roles,
    { name: 'gas_version', value: fixed.version },
    { name: 'sso_ticket', value: ticket },
    { name: 'sso_domain', value: hostname },
    { name: 'sso_session_url', value: `${origin}/sessionmanager/session/update` },
    { name: 'sso_max_session_time', value: fixed.maxTime },
    { name: 'sso_keep_alive', value: fixed.keepAlive },
    { name: 'sso_session_time', value: fixed.time },
    { name: 'sso_logout_url', value: `${origin}/login/authlogout` },
    { name: 'auth_method', value: form.auth_method },
    { name: 'app_url', value: form.app_url },
    { name: 'service', value: form.service },
  ];
}
