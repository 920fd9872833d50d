/** How somebody signed in, as an ID token of CIS2 says it. */
interface SignInLevel {
  acr: string;
  amr: string[];
  authentication_assurance_level: string;
}

const classes: Readonly<Record<number, string>> = { 1: 'AAL1_USERPASS', 2: 'AAL2_ANY', 3: 'AAL3_ANY' };

/** What each authenticator of a person is good for: level and method. */
const authenticators: Readonly<Record<string, readonly [number, string]>> = {
  smartcard: [3, 'N3_SMARTCARD'],
  securityKey: [3, 'FIDO2'],
  windowsHello: [3, 'FIDO2'],
  tabletApp: [3, 'IOS'],
  passkey: [2, 'FIDO2'],
  authenticatorApp: [2, 'TOTP'],
  password: [1, 'USERPASS'],
};

/** The level is the person's: the best of what the person can sign in with. Somebody without any counts as a card holder. */
export function levelOf(owned: readonly string[]): SignInLevel {
  const known = owned.flatMap((name) => {
    const found = Object.hasOwn(authenticators, name) ? authenticators[name] : undefined;
    return found ? [found] : [];
  });
  const [level, method] = known.sort(([a], [b]) => b - a)[0] ?? [3, 'N3_SMARTCARD'];
  return { acr: classes[level] ?? '', amr: [method], authentication_assurance_level: String(level) };
}
