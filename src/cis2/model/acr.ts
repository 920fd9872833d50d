/** Authentication assurance level (NIST SP 800-63B). */
export type AssuranceLevel = 1 | 2 | 3;

/** A level and its methods (`amr`): those of a sign-in, or those that an authenticator offers. */
export interface AuthenticationStrength {
  level: AssuranceLevel;
  methods: readonly string[];
}

/** Classes that any method at these levels meets. */
const general: Readonly<Record<string, readonly AssuranceLevel[]>> = {
  AAL3_ANY: [3],
  AAL2_OR_AAL3_ANY: [2, 3],
  AAL2_ANY: [2],
};

export const generalClasses: readonly string[] = Object.keys(general);

/** Returns the class of each method at the level, such as AAL3_FIDO2. */
export const classesOf = ({ level, methods }: AuthenticationStrength): string[] =>
  methods.map((method) => `AAL${level}_${method}`);

/** The classes for a request without a known one: level 3. */
export const defaultAcr: readonly string[] = ['AAL3_ANY'];

const methodClass = /^AAL([123])_(\w+)$/;

/** Whether a class names the method or its family: AAL3_SMARTCARD names N3_SMARTCARD and CIS2_SMARTCARD. */
function namesMethod(value: string, method: string): boolean {
  const name = methodClass.exec(value)?.[2];
  return name !== undefined && (method === name || method.endsWith(`_${name}`));
}

function meets(value: string, { level, methods }: AuthenticationStrength): boolean {
  if (Object.hasOwn(general, value)) return general[value]?.includes(level) ?? false;
  return (
    methodClass.exec(value)?.[1] === String(level) && methods.some((method) => namesMethod(value, method))
  );
}

/** Returns the first requested class that was met, which is the `acr` of the token; undefined if none was. */
export const firstMet = (asked: readonly string[], reached: AuthenticationStrength): string | undefined =>
  asked.find((value) => meets(value, reached));

/** Whether one of these could meet a requested class. */
export const couldMeet = (asked: readonly string[], offers: readonly AuthenticationStrength[]): boolean =>
  offers.some((offer) => firstMet(asked, offer) !== undefined);

/** Whether only these methods meet all the requested classes. */
export const asksOnlyFor = (asked: readonly string[], methods: readonly string[]): boolean =>
  asked.length > 0 && asked.every((value) => methods.some((method) => namesMethod(value, method)));
