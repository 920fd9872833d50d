/** Authentication assurance level (NIST SP 800-63B). */
export type AssuranceLevel = 1 | 2 | 3;

/** What a sign-in reached, or what an authenticator can reach: a level, and how (`amr`). */
export interface Reached {
  level: AssuranceLevel;
  methods: readonly string[];
}

interface AcrRule {
  levels: readonly AssuranceLevel[];
  /** Any of these; absent means any method of the level. */
  methods?: readonly string[];
}

// The classes that are published for CIS2, in the order of the discovery document.
const rules: Readonly<Record<string, AcrRule>> = {
  AAL3_ANY: { levels: [3] },
  AAL2_OR_AAL3_ANY: { levels: [2, 3] },
  AAL2_ANY: { levels: [2] },
  AAL3_SMARTCARD: { levels: [3], methods: ['N3_SMARTCARD', 'CIS2_SMARTCARD'] },
  AAL3_N3_SMARTCARD: { levels: [3], methods: ['N3_SMARTCARD'] },
  AAL3_CIS2_SMARTCARD: { levels: [3], methods: ['CIS2_SMARTCARD'] },
  AAL3_FIDO2: { levels: [3], methods: ['FIDO2'] },
  AAL3_IOS: { levels: [3], methods: ['IOS'] },
  AAL2_TOTP: { levels: [2], methods: ['TOTP'] },
  AAL2_NHSMAIL: { levels: [2], methods: ['NHSMAIL'] },
  AAL1_USERPASS: { levels: [1], methods: ['USERPASS'] },
};

export const acrValues: readonly string[] = Object.keys(rules);

export const isAcrValue = (value: string): boolean => Object.hasOwn(rules, value);

/** What a request without a known `acr_values` asks for: never less than the third level. */
export const defaultAcr: readonly string[] = ['AAL3_ANY'];

const meets = (value: string, reached: Reached): boolean => {
  const rule = isAcrValue(value) ? rules[value] : undefined;
  if (!rule?.levels.includes(reached.level)) return false;
  return !rule.methods || reached.methods.some((method) => rule.methods?.includes(method));
};

/** The first asked class that was reached: the `acr` of the token. Undefined when none was. */
export const firstMet = (asked: readonly string[], reached: Reached): string | undefined =>
  asked.find((value) => meets(value, reached));

/** Whether something that can reach these could meet what is asked. */
export const couldMeet = (asked: readonly string[], offers: readonly Reached[]): boolean =>
  offers.some((offer) => firstMet(asked, offer) !== undefined);

/** Whether everything that is asked can only be met by these methods. */
export const asksOnlyFor = (asked: readonly string[], methods: readonly string[]): boolean =>
  asked.length > 0 &&
  asked.every((value) => rules[value]?.methods?.every((method) => methods.includes(method)) ?? false);
