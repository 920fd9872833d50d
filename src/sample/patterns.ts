import {
  cis2At,
  createCombined,
  createSeparate,
  type FreshTokens,
  keepFresh,
  platformAt,
  type Role,
  rolesOf,
  type Userinfo,
} from '@alongside/client';
import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';

/** The configuration of the sample application, with its two registrations. */
export interface SampleSettings {
  clock: Clock;
  log: Log;
  /** Its own public address. */
  origin: string;
  /** The API platform. */
  api: string;
  cis2Issuer: string;
  /** Address at which users without a card get one. */
  console: string;
  development: boolean;
  combined: { clientId: string; clientSecret: string };
  separate: {
    platform: { clientId: string; clientSecret: string };
    cis2: { clientId: string; clientSecret: string };
    /** Signs the client assertion at the platform; its public key is registered. */
    key: { kid: string; privateKey: string };
  };
}

/** The result of a sign-in. */
export interface SignedIn {
  tokens: FreshTokens;
  name: string;
  uid: string;
  roles: Role[];
  /** The role selected at the agent or at CIS2. */
  selectedRoleId: string | null;
  /** Ends the session at CIS2 too; null in the combined pattern, which has no ID token. */
  signOutUrl: string | null;
  /** The session of CIS2, for back-channel logout. */
  sid: string | null;
}

/** One of the two published patterns. */
export interface Pattern {
  /** Also part of its paths. */
  readonly id: 'combined' | 'separate';
  readonly title: string;
  /** Starts a sign-in. `changeRole` requests another role, which the combined pattern cannot do. */
  begin(changeRole: boolean): Promise<{ url: string; state: string }>;
  finish(callback: string, state: string): Promise<SignedIn>;
}

const personOf = (userinfo: Userinfo): Pick<SignedIn, 'name' | 'uid' | 'roles'> => ({
  name: String(userinfo.name ?? userinfo.sub),
  uid: userinfo.sub,
  roles: rolesOf(userinfo),
});

const onlyRole = (roles: readonly Role[]): string | null =>
  roles.length === 1 ? (roles[0]?.person_roleid ?? null) : null;

function combinedPattern(settings: SampleSettings): Pattern {
  const { clock, origin, api } = settings;
  const flow = createCombined({
    ...platformAt(`${api}/oauth2`),
    ...settings.combined,
    redirectUri: `${origin}/combined/callback`,
    clock,
  });
  return {
    id: 'combined',
    title: 'combined authentication and authorisation',
    begin: async () => flow.begin(),
    async finish(callback, state) {
      const tokens = await flow.finish(callback, state);
      const person = personOf(await flow.userinfo(tokens));
      return {
        ...person,
        tokens: keepFresh(tokens, flow.refresh, { clock }),
        selectedRoleId: onlyRole(person.roles),
        signOutUrl: null,
        sid: null,
      };
    },
  };
}

/** Seconds, as the platform requests in the combined pattern. */
const maxAge = 300;

function separatePattern(settings: SampleSettings): Pattern {
  const { clock, origin, api, cis2Issuer, separate } = settings;
  const flow = createSeparate({
    cis2: {
      issuer: cis2Issuer,
      endpoints: cis2At(cis2Issuer),
      clientId: separate.cis2.clientId,
      redirectUri: `${origin}/separate/callback`,
      authentication: { method: 'client_secret_post', clientSecret: separate.cis2.clientSecret },
      scope: 'openid profile nationalrbacaccess',
    },
    platform: { tokenUrl: `${api}/oauth2/token`, ...separate.platform, key: separate.key },
    clock,
  });
  return {
    id: 'separate',
    title: 'separate authentication and authorisation',
    begin: (changeRole) => flow.begin({ maxAge, ...(changeRole ? { role: 'changed' } : {}) }),
    async finish(callback, state) {
      const signIn = await flow.finish(callback, state);
      const userinfo = await flow.userinfo(signIn);
      const exchanged = await flow.exchange(signIn.tokens.idToken ?? '');
      const person = personOf(userinfo);
      const signOutUrl = await flow.signOutUrl(signIn.tokens, { postLogoutRedirectUri: `${origin}/` });
      return {
        ...person,
        tokens: keepFresh(exchanged, flow.refresh, { clock }),
        selectedRoleId: signIn.selectedRoleId ?? onlyRole(person.roles),
        signOutUrl: signOutUrl ?? null,
        sid: typeof signIn.claims.sid === 'string' ? signIn.claims.sid : null,
      };
    },
  };
}

export const patternsOf = (settings: SampleSettings): readonly Pattern[] => [
  combinedPattern(settings),
  separatePattern(settings),
];
