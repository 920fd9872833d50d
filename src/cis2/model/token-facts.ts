import { confirmationOf, type TokenRecord, tokenTypeOf } from '../../oauth/token-records.ts';
import type { CisClient } from './cis-client.ts';
import type { ClaimNames } from './interactions.ts';

/** The facts of a sign-in for its tokens, also after a refresh. */
export interface SignInFacts {
  uid: string;
  sid: string;
  /** NumericDate. */
  authTime: number;
  acr: string;
  methods: string[];
  /** Authentication assurance level. */
  level: number;
  idAssuranceLevel: string;
  roleId: string | null;
  claims: ClaimNames;
}

const words = (text: string | undefined): string[] => (text ?? '').split(' ').filter(Boolean);

export const attributesOf = (facts: SignInFacts): Record<string, string> => ({
  acr: facts.acr,
  aal: String(facts.level),
  amr: facts.methods.join(' '),
  auth_time: String(facts.authTime),
  id_assurance_level: facts.idAssuranceLevel,
  claims: facts.claims.userinfo.join(' '),
  id_token_claims: facts.claims.idToken.join(' '),
  ...(facts.roleId === null ? {} : { selected_roleid: facts.roleId }),
});

/** Returns the userinfo claims that the `claims` parameter requested. */
export const namedInUserinfo = ({ attributes }: TokenRecord): string[] => words(attributes.claims);

export const factsOf = (record: TokenRecord): SignInFacts => {
  const { attributes, uid, sid } = record;
  return {
    uid: uid ?? '',
    sid: sid ?? '',
    authTime: Number(attributes.auth_time),
    acr: attributes.acr ?? '',
    methods: words(attributes.amr),
    level: Number(attributes.aal),
    idAssuranceLevel: attributes.id_assurance_level ?? '',
    roleId: attributes.selected_roleid ?? null,
    claims: { userinfo: namedInUserinfo(record), idToken: words(attributes.id_token_claims) },
  };
};

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
