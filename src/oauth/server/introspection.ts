import { check, type Passed } from '@alongside/kernel/steps';
import type { ClientCall, WithClient } from './server.ts';

/** The response to an introspection (RFC 7662 section 2.2). */
export type Introspection = { active: false } | ({ active: true } & Record<string, unknown>);

/** Refuses public clients: without authentication anyone could try out tokens (RFC 7662 section 4). */
export const refusePublic = check(
  'confidential-client',
  async function refusePublic({ server, client }: ClientCall & WithClient): Promise<void> {
    if (client.registration.tokenEndpointAuthMethod === 'none')
      throw server.errors.clientUnauthenticated(`${client.application.name} is a public client`);
  },
);

/** Describes a live token that the client may inspect. Any other token is inactive, without a reason. */
export async function introspectToken({
  server,
  parameters,
  client,
}: ClientCall & WithClient & Passed<'client-authentication' | 'confidential-client'>): Promise<{
  introspection: Introspection;
}> {
  const token = parameters.get('token');
  if (token === undefined) throw server.errors.tokenMissing('token is missing');
  const record = await server.tokens.find(token);
  if (!record || !server.tokens.isLive(record) || !(await server.mayInspect(client, record)))
    return { introspection: { active: false } };
  return { introspection: { active: true, ...(await server.describeToken(record)) } };
}
