import { confirmationOf, tokenTypeOf } from '../../../oauth/confirmation.ts';
import type { TokenRecord } from '../../../oauth/tokens.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { factsOf } from '../../model/token-facts.ts';

const numericDate = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** Returns the role of the sign-in while the user still has it; null also while CIS does not answer. */
async function currentRole(cis: CisClient, record: TokenRecord): Promise<string | null> {
  const { uid, roleId } = factsOf(record);
  if (roleId === null) return null;
  const person = await cis.person(uid).catch(() => undefined);
  return person?.roles.some((role) => role.roleId === roleId) ? roleId : null;
}

/** Returns the members of a live token (RFC 7662 section 2.2). */
export async function describeToken(cis: CisClient, record: TokenRecord): Promise<Record<string, unknown>> {
  const { uid, sid, acr, authTime, methods } = factsOf(record);
  const confirmation = confirmationOf(record);
  const roleId = await currentRole(cis, record);
  return {
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
