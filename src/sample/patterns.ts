import {
  cis2At,
  createCombined,
  createLogoutReceiver,
  createSeparate,
  memoryReplayStore,
  platformAt,
  traced,
} from '@alongside/client';
import {
  createWebSignIn,
  memorySessions,
  type WebSession,
  type WebSignIn,
  type WebSignInSettings,
} from '@alongside/client/web';
import { activity } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';

/** The configuration of the sample application, with its two registrations. */
export interface SampleSettings {
  clock: Clock;
  log: Log;
  /** Its own public address. */
  origin: string;
  api: string;
  cis2Issuer: string;
  /** Address at which users without a card get one. */
  console: string;
  development: boolean;
  /**
   * Names the roles of a user with their organisations, by id; none of an unknown user. Userinfo of the combined pattern has codes of organisations only. A
   * live application has their names from the Organisation Data Service, and this one from the directory.
   */
  roleNames: (uid: string) => Promise<ReadonlyMap<string, string>>;
  combined: { clientId: string; clientSecret: string };
  separate: {
    platform: { clientId: string; clientSecret: string };
    cis2: { clientId: string; clientSecret: string };
    /** Signs the client assertion at the platform; its public key is registered. */
    key: { kid: string; privateKey: string };
  };
}

/** One of the two published patterns. */
export interface Pattern {
  /** Also part of its paths. */
  readonly id: 'combined' | 'separate';
  readonly title: string;
  readonly web: WebSignIn;
}

/** A session and the pattern in which it began. */
export interface SampleSession extends WebSession {
  pattern: Pattern;
  /** The names of the user's roles, by id. */
  roleNames: ReadonlyMap<string, string>;
}

/** Settings of both patterns. */
export type SignInPages = Pick<WebSignInSettings, 'onFailure' | 'onward'>;

/** Makes the calls of the library in the trace of the request that they belong to, where traces are sent. */
export const tracedFetch = traced(() => activity()?.trace?.context);

export function patternsOf(settings: SampleSettings, pages: SignInPages): readonly Pattern[] {
  const { clock, origin, api, cis2Issuer, separate } = settings;
  const webOf = (id: Pattern['id'], own: Pick<WebSignInSettings, 'pattern' | 'logout'>): WebSignIn =>
    createWebSignIn({
      ...own,
      ...pages,
      origin,
      clock,
      sessions: memorySessions({ clock }),
      // Ports of one host share cookies.
      name: `sample-${new URL(origin).port}-${id}`,
      afterSignOut: id === 'combined' ? '/?signed-out=combined' : '/',
      paths: { signIn: `/sign-in/${id}`, callback: `/${id}/callback` },
    });
  const combinedFlow = createCombined({
    ...platformAt(`${api}/oauth2`),
    ...settings.combined,
    redirectUri: `${origin}/combined/callback`,
    fetch: tracedFetch,
    clock,
  });
  const separateFlow = createSeparate({
    cis2: {
      issuer: cis2Issuer,
      endpoints: cis2At(cis2Issuer),
      clientId: separate.cis2.clientId,
      redirectUri: `${origin}/separate/callback`,
      authentication: { method: 'client_secret_post', clientSecret: separate.cis2.clientSecret },
      scope: 'openid profile nationalrbacaccess',
    },
    platform: { tokenUrl: `${api}/oauth2/token`, ...separate.platform, key: separate.key },
    fetch: tracedFetch,
    clock,
  });
  const logout = createLogoutReceiver({
    issuer: cis2Issuer,
    clientId: separate.cis2.clientId,
    jwksUrl: `${cis2Issuer}/connect/jwk_uri`,
    replay: memoryReplayStore({ clock }),
    clock,
  });
  return [
    {
      id: 'combined',
      title: 'combined authentication and authorisation',
      web: webOf('combined', { pattern: combinedFlow }),
    },
    {
      id: 'separate',
      title: 'separate authentication and authorisation',
      web: webOf('separate', { pattern: separateFlow, logout }),
    },
  ];
}
