/** A realm of the mock, as its name says. Any name of the right shape is a realm, so that test code keeps the name of its environment. */
export interface Realm {
  name: string;
  /** `iss` of its tokens, byte for byte. */
  issuer: string;
  endpoints: {
    auth: string;
    token: string;
    userinfo: string;
    certs: string;
    logout: string;
  };
}

const form = /^(?:Cis2|NHS-Login)-mock-[A-Za-z0-9-]{1,64}$/;

/** The realms that `/oauth2-mock` is bound to. */
export const boundRealms = {
  cis2: 'Cis2-mock-internal-dev',
  nhsLogin: 'NHS-Login-mock-internal-dev',
} as const;

/** Whether the people of a realm are citizens; else they are care workers. */
export const isForCitizens = ({ name }: Realm): boolean => name.startsWith('NHS-Login-');

/** Where a realm stands below the origin of CIS2. */
const realmAddress = (cis2: string, name: string): string => `${cis2}/realms/${name}`;

/**
 * The realm of this name; undefined when there is none.
 * @param issuers issuers that are configured, by the realm's name; else the realm's address is its issuer.
 */
export function realmOf(
  name: string,
  cis2: string,
  issuers: Readonly<Record<string, string>> = {},
): Realm | undefined {
  if (!form.test(name)) return undefined;
  const address = realmAddress(cis2, name);
  const below = `${address}/protocol/openid-connect`;
  return {
    name,
    issuer: Object.hasOwn(issuers, name) ? (issuers[name] ?? address) : address,
    endpoints: {
      auth: `${below}/auth`,
      token: `${below}/token`,
      userinfo: `${below}/userinfo`,
      certs: `${below}/certs`,
      logout: `${below}/logout`,
    },
  };
}
