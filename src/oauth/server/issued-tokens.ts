import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed } from '@alongside/kernel/steps';
import { must } from '../../storage/database.ts';
import type { TokenRecord } from '../token-records.ts';
import type { AuthorizationServer, ClientCall, RegisteredClient, WithClient } from './server.ts';

/** The response to an introspection (RFC 7662 section 2.2). */
export type Introspection = { active: false } | ({ active: true } & Record<string, unknown>);

/** Refuses public clients: without authentication anyone could try out tokens (RFC 7662 section 4). */
export const refusePublic = check(
  'confidential-client',
  function refusePublic({ server, client }: ClientCall & WithClient): void {
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

const isOwnToken = (
  { issuer }: AuthorizationServer,
  { registration }: RegisteredClient,
  record: TokenRecord,
): boolean => record.issuer === issuer && record.clientId === registration.clientId;

/**
 * Revokes a token of the client: a refresh token with all tokens of its sign-in, an access token alone. An unknown token and
 * another client's get the same answer (RFC 7009 section 2).
 */
export async function revokeToken({
  server,
  parameters,
  client,
}: ClientCall & WithClient & Passed<'client-authentication'>): Promise<Answer> {
  const token = parameters.get('token');
  if (token === undefined) throw server.errors.tokenMissing('token is missing');
  const { tokens, database } = server;
  const record = await tokens.find(token);
  if (record && isOwnToken(server, client, record)) {
    const audited = server.revocationStatement(record, 'client');
    if (record.kind === 'refresh') await tokens.revokeFamily(record.family, audited);
    else await database.batch([must(tokens.revokeStatement(token)), audited]);
    server.noteRevocation(client, record);
  }
  // RFC 7009 section 2.2 leaves the body open; some libraries parse every response as JSON.
  return json(200, {});
}
