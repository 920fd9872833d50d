/** A realm of the mock. Every name of the right form is a realm, so that test code keeps the name of its environment. */
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

/** The realms at which `/oauth2-mock` signs users in. */
export const boundRealms = {
  cis2: 'Cis2-mock-internal-dev',
  nhsLogin: 'NHS-Login-mock-internal-dev',
} as const;

/** Whether the users of a realm are citizens; otherwise they are care workers. */
export const isForCitizens = ({ name }: Realm): boolean => name.startsWith('NHS-Login-');

/** Returns the realm with this name; undefined if the form is wrong. */
export function realmOf(name: string, cis2: string): Realm | undefined {
  if (!form.test(name)) return undefined;
  const address = `${cis2}/realms/${name}`;
  const below = `${address}/protocol/openid-connect`;
  return {
    name,
    issuer: address,
    endpoints: {
      auth: `${below}/auth`,
      token: `${below}/token`,
      userinfo: `${below}/userinfo`,
      certs: `${below}/certs`,
      logout: `${below}/logout`,
    },
  };
}
