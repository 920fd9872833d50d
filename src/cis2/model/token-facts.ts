import type { TokenRecord } from '../../oauth/tokens.ts';
import type { ClaimNames } from './authorization-request.ts';

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

/** Returns the facts as attributes of a token record. */
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

/** Reads the facts from a token record. */
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
