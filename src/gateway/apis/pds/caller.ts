import { ParsedTexts, parseOwnJson } from '@alongside/kernel/json';
import type { Call, Caller, Holder } from '../../api.ts';
import { isNhsNumber } from './nhs-number.ts';

/** A signed-in citizen, from the ID token that the access token is bound to. */
interface Citizen {
  /** Empty if the provider sent none. */
  nhsNumber: string;
  proofing: string;
  /** Vector of trust; undefined if the provider sent none. */
  vot: string | undefined;
}

/** Vectors of trust that the published proxy accepts (RestrictRequest). */
const trusted = new Set(['P9.Cp.Cd', 'P9.Cp.Ck', 'P9.Cm']);

/** Returns the citizen of a token. A provider without NHS numbers identifies users otherwise; the PDS does not know them. */
export function citizenOf({ token: { attributes } }: Caller): Citizen {
  const number = attributes['id_token-nhs_number'] ?? attributes.auth_user_id ?? '';
  return {
    nhsNumber: isNhsNumber(number) ? number : '',
    proofing: attributes['id_token-identity-proofing-level'] ?? '',
    vot: attributes['id_token-vot'],
  };
}

/** Returns whether the sign-in was strong enough. Without a vector of trust, the proofing level in the scope applies. */
export const isTrusted = ({ vot }: Citizen): boolean => vot === undefined || trusted.has(vot);

/** Returns the gateway's header about a citizen. */
export function loginUserOf(call: Call): string {
  const { proofing, nhsNumber } = citizenOf(call);
  return `${proofing}:${nhsNumber}`;
}

interface FlowVariables {
  pds?: { 'app-restricted'?: { update?: unknown }; 'custom-attributes'?: unknown };
}

type Settings = NonNullable<FlowVariables['pds']>;

/** Ignores invalid JSON. */
function readSettings(text: string): Settings {
  try {
    return parseOwnJson<FlowVariables | null>(text)?.pds ?? {};
  } catch {
    return {};
  }
}

const settings = new ParsedTexts<Settings>();

export function settingsOf({ application }: Holder): Settings {
  const text = application.platform?.attributes['apim-app-flow-vars'] ?? '{}';
  return settings.of(text, text, readSettings);
}
