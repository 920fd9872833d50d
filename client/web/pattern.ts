import type { Cis2SignInOptions } from '../cis2.ts';
import type { Begun, Combined } from '../combined.ts';
import { checkedObject } from '../config.ts';
import { ClientError } from '../errors.ts';
import type { Separate } from '../exchange.ts';
import type { Fapi2 } from '../fapi2.ts';
import { rolesOf } from '../roles.ts';
import { TokenSet } from '../tokens.ts';
import type { Userinfo } from '../userinfo.ts';
import type { StoredSession, User } from './sessions.ts';

/** Options of each sign-in. Only the separate pattern has `maxAge`; the platform sets the age in the others. */
export type WebSignInOptions = Pick<Cis2SignInOptions, 'acrValues' | 'maxAge'>;

/** The result of a sign-in in either pattern. */
export interface SignedIn
  extends Pick<StoredSession, 'tokens' | 'user' | 'roleId' | 'isRoleOfCis2' | 'idToken'> {
  /** The session at CIS2, as back-channel logout names it. */
  sid?: string;
}

/** The methods of a pattern that a web application needs. */
export interface WebPattern {
  begin(options: { changesRole: boolean }): Promise<Begun>;
  finish(query: URLSearchParams, state: string): Promise<SignedIn>;
  refresh(tokens: TokenSet): Promise<TokenSet>;
  /** Returns the address that ends the session at CIS2 as well; undefined in a pattern without one. */
  signOutUrl(session: StoredSession, returnTo: string): Promise<string | undefined>;
}

type PatternOptions = WebSignInOptions & { user?: ((tokens: TokenSet) => Promise<User>) | undefined };

/** Returns the steps of a pattern. */
export function patternOf(pattern: Combined | Separate | Fapi2, options: PatternOptions): WebPattern {
  checkedObject('pattern', pattern);
  if ('exchange' in pattern) return separatePattern(pattern, options);
  return 'userinfo' in pattern ? combinedPattern(pattern, options) : fapi2Pattern(pattern, options);
}

function fapi2Pattern(fapi2: Fapi2, { acrValues, user: userOf }: PatternOptions): WebPattern {
  if (!userOf)
    throw new ClientError('settings_invalid', 'The setting user is missing; createFapi2 needs it.', {
      advice: 'Give a function that returns the user of a TokenSet, for example from your own API.',
    });
  return {
    begin: () => fapi2.begin({ acrValues }),
    async finish(query, state) {
      const tokens = await fapi2.finish(query, state);
      const user = await userOf(tokens);
      return { tokens: tokens.reveal(), user, roleId: onlyRole(user) };
    },
    refresh: fapi2.refresh,
    signOutUrl: async () => undefined,
  };
}

function combinedPattern(combined: Combined, { acrValues }: WebSignInOptions): WebPattern {
  return {
    // The service drops the scope with which CIS2 asks for a role.
    begin: async () => combined.begin({ acrValues }),
    async finish(query, state) {
      const tokens = await combined.finish(query, state);
      const user = userOf(await combined.userinfo(tokens));
      return { tokens: tokens.reveal(), user, roleId: onlyRole(user) };
    },
    refresh: combined.refresh,
    // Without an ID token, CIS2 cannot identify the session.
    signOutUrl: async () => undefined,
  };
}

/** Seconds: an older authentication at CIS2 is not enough, as in the combined pattern. */
const MAX_AGE = 300;

function separatePattern(separate: Separate, options: WebSignInOptions): WebPattern {
  return {
    begin: ({ changesRole }) =>
      separate.begin({ maxAge: MAX_AGE, ...options, role: changesRole ? 'changed' : undefined }),
    async finish(query, state) {
      const signIn = await separate.finish(query, state);
      const { authenticationLevel, selectedRoleId } = signIn;
      const { idToken, sid } = signIn.tokens;
      const user = { ...userOf(await separate.userinfo(signIn)), authenticationLevel };
      const tokens = (await separate.exchange(idToken ?? '')).reveal();
      const isRoleOfCis2 = selectedRoleId !== undefined;
      return { tokens, user, roleId: selectedRoleId ?? onlyRole(user), isRoleOfCis2, idToken, sid };
    },
    refresh: separate.refresh,
    async signOutUrl({ tokens, idToken }, postLogoutRedirectUri) {
      return separate.signOutUrl(new TokenSet({ ...tokens, idToken }), { postLogoutRedirectUri });
    },
  };
}

function userOf(userinfo: Userinfo): User {
  return { id: userinfo.sub, name: userinfo.name, roles: rolesOf(userinfo) };
}

function onlyRole({ roles }: User): string | undefined {
  return roles.length === 1 ? roles[0]?.person_roleid : undefined;
}
