/** The claims about a sign-in in an ID token of CIS2. */
export interface SignInLevel {
  acr: string;
  amr: string[];
  authentication_assurance_level: string;
}

const classes: Readonly<Record<number, string>> = { 1: 'AAL1_USERPASS', 2: 'AAL2_ANY', 3: 'AAL3_ANY' };

/** Level and method of each authenticator, by its name in the directory. */
const authenticators: Readonly<Record<string, readonly [number, string]>> = {
  smartcard: [3, 'N3_SMARTCARD'],
  securityKey: [3, 'FIDO2'],
  windowsHello: [3, 'FIDO2'],
  tabletApp: [3, 'IOS'],
  passkey: [2, 'FIDO2'],
  authenticatorApp: [2, 'TOTP'],
  password: [1, 'USERPASS'],
};

/** Returns the highest level of these authenticators; of a smartcard if the list is empty. */
export function bestSignIn(owned: readonly string[]): SignInLevel {
  const known = owned.flatMap((name) => {
    const found = Object.hasOwn(authenticators, name) ? authenticators[name] : undefined;
    return found ? [found] : [];
  });
  const [level, method] = known.sort(([a], [b]) => b - a)[0] ?? [3, 'N3_SMARTCARD'];
  return { acr: classes[level] ?? '', amr: [method], authentication_assurance_level: String(level) };
}
