import { type Answer, json } from '@alongside/kernel/answer';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { confirmationOf, tokenTypeOf } from '../../../oauth/confirmation.ts';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import type { TokenRecord, Tokens } from '../../../oauth/tokens.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { factsOf } from '../../model/token-facts.ts';
import type { Cis2Server, ServerCall } from '../server.ts';
import { readForm } from './form.ts';
import { findOwnToken, requireStandard } from './own-token.ts';

interface Parts {
  server: Cis2Server;
  issuer: string;
  tokens: Tokens;
  cis: CisClient;
}

const numericDate = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** The members of a live token (RFC 7662 section 2.2). */
function membersOf(record: TokenRecord, roleId: string | null): Record<string, unknown> {
  const { uid, sid, acr, authTime, methods } = factsOf(record);
  const confirmation = confirmationOf(record);
  return {
    active: true,
    iss: record.issuer,
    sub: uid,
    client_id: record.clientId,
    scope: record.scope,
    ...(record.kind === 'access' ? { token_type: tokenTypeOf(confirmation) } : {}),
    ...(confirmation === null ? {} : { cnf: confirmation }),
    iat: numericDate(record.issuedAt),
    exp: numericDate(record.expiresAt),
    auth_time: authTime,
    acr,
    amr: methods,
    sid,
    ...(roleId === null ? {} : { selected_roleid: roleId }),
  };
}

/** The role of the sign-in, while the person has it still; nothing is said of it while CIS cannot be asked. */
async function roleNow({ cis }: Parts, record: TokenRecord): Promise<string | null> {
  const { uid, roleId } = factsOf(record);
  if (roleId === null) return null;
  const person = await cis.person(uid).catch(() => undefined);
  return person?.roles.some((role) => role.roleId === roleId) ? roleId : null;
}

/** A token that is no more, or another client's, is not active, and nothing is said of it. */
const answerState = (parts: Parts) =>
  async function answerState({ record }: { record: TokenRecord | null }): Promise<Answer> {
    if (!record || !parts.tokens.isLive(record)) return json(200, { active: false });
    return json(200, membersOf(record, await roleNow(parts, record)));
  };

/** Whoever may ask without proof could try tokens out (RFC 7662 section 4). */
async function refusePublic({ party }: { party: RelyingParty }): Promise<void> {
  if (party.client.tokenEndpointAuthMethod === 'none')
    throw tokenErrors.clientUnauthenticated(`${party.application.name} is a public client`);
}

/** `POST /introspect` (RFC 7662). A client may ask about its own tokens. */
export function createIntrospect(parts: Parts): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(refusePublic)
    .step(requireStandard)
    .step(findOwnToken(parts))
    .step(answerState(parts));
  return (request) => list.run({ server: parts.server, request });
}
