import type { Call, Caller } from '../../api.ts';
import { isNhsNumber } from './nhs-number.ts';

/** What is known of a citizen who signed in: from the ID token that the access token is bound to. */
interface Citizen {
  /** Empty where the provider named none. */
  nhsNumber: string;
  proofing: string;
  /** Vector of trust; undefined where the provider gave none. */
  vot: string | undefined;
}

/** Vectors of trust that the published proxy lets in (RestrictRequest). */
const trusted = new Set(['P9.Cp.Cd', 'P9.Cp.Ck', 'P9.Cm']);

/** The citizen of a token. A provider that knows no NHS number identifies people otherwise, and nothing here is theirs. */
export function citizenOf({ token: { attributes } }: Caller): Citizen {
  const number = attributes['id_token-nhs_number'] ?? attributes.auth_user_id ?? '';
  return {
    nhsNumber: isNhsNumber(number) ? number : '',
    proofing: attributes['id_token-identity-proofing-level'] ?? '',
    vot: attributes['id_token-vot'],
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
