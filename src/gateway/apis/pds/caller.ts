import type { Call, Caller } from '../../api.ts';

/** What is known of a citizen who signed in: from the ID token that the access token is bound to. */
export interface Citizen {
  nhsNumber: string;
  proofing: string;
  /** Vector of trust; undefined where the provider gave none. */
  vot: string | undefined;
}

/** Vectors of trust that the published proxy lets in (RestrictRequest). */
const trusted = new Set(['P9.Cp.Cd', 'P9.Cp.Ck', 'P9.Cm']);

// The platform verified this token when it took it in; here its claims are only read.
function claimsOf(idToken: string | undefined): Record<string, unknown> {
  try {
    const payload = Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims: unknown = JSON.parse(payload);
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The citizen of a token; without an NHS number nothing is theirs. */
export function citizenOf({ token: { attributes } }: Caller): Citizen {
  const claims = claimsOf(attributes.id_token);
  return {
    nhsNumber: text(claims.nhs_number) ?? attributes['id_token-nhs_number'] ?? '',
    proofing: text(claims.identity_proofing_level) ?? attributes['id_token-identity-proofing-level'] ?? '',
    vot: text(claims.vot),
  };
}

/** Whether the sign-in was strong enough. A provider that gives no vector is taken at its proofing level, which the scope says. */
export const isTrusted = ({ vot }: Citizen): boolean => vot === undefined || trusted.has(vot);

/** The value of the gateway's header about a citizen. */
export function loginUserOf(call: Call): string {
  const { proofing, nhsNumber } = citizenOf(call);
  return `${proofing}:${nhsNumber}`;
}

interface FlowVariables {
  pds?: { 'app-restricted'?: { update?: unknown }; 'custom-attributes'?: unknown };
}

/** The application's settings for this API; what is no JSON says nothing. */
export function settingsOf({ application }: Caller): NonNullable<FlowVariables['pds']> {
  try {
    const parsed: unknown = JSON.parse(application.platform?.attributes['apim-app-flow-vars'] ?? '{}');
    return (parsed as FlowVariables | null)?.pds ?? {};
  } catch {
    return {};
  }
}
