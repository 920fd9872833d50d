import type { JWK } from 'jose';
import type { Browser, Landing, Page } from '../../src/cli/check/browser.ts';

export type AuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'self_signed_tls_client_auth';

/** A client as a plan wants it registered. */
export interface ClientSpec {
  method: AuthMethod;
  /** `fapi2`: pushed requests, bound tokens, strong algorithms. */
  profile: 'basic' | 'fapi2';
  redirectUris: readonly string[];
  postLogoutRedirectUris: readonly string[];
  backchannelLogoutUri?: string;
  /** Takes no request that is not signed. */
  signedRequests?: boolean;
  jwks?: { keys: JWK[] };
}

export interface RegisteredClient {
  clientId: string;
  clientSecret?: string;
}

/** A provider under test: all that the harness knows of it beside the specifications. */
export interface Provider {
  name: string;
  /** Whether it gives ID tokens; else it is an authorization server alone. */
  openid: boolean;
  /** Where the configuration document of an issuer stands. */
  discoveryOf(issuer: string): string;
  /** Two scopes that its clients may ask for; the first is asked for where a module says nothing. */
  scopes: readonly [string, string];
  /** Where access tokens are used; UserInfo where nothing is said. */
  resource?: string;
  /** The `prompt` at which a person can say no. */
  refusable: string;
  /** Issuer for clients of a profile. */
  issuer(profile: ClientSpec['profile']): string;
  register(spec: ClientSpec): Promise<RegisteredClient>;
  /** Does what a person who wants to go on does at a page: gives the PIN, consents, confirms. */
  goOn(page: Page, browser: Browser): Promise<Landing>;
  /** Runs something while nobody is there to sign in, so that a sign-in stops at a page. */
  withoutPerson<T>(run: () => Promise<T>): Promise<T>;
  /** Runs something while the person who is asked says no. */
  refusing<T>(run: () => Promise<T>): Promise<T>;
  /** Values of `acr_values` that it can meet. */
  acrValues: readonly string[];
  stop(): Promise<void>;
}
