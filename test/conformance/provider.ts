import type { JWK } from 'jose';
import type { Browser, Landing, Page } from '../../src/kit/browser.ts';

export type AuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'self_signed_tls_client_auth';

/** A client to register for a plan. */
export interface ClientSpec {
  method: AuthMethod;
  /** `fapi2`: pushed requests, bound tokens, strong algorithms. */
  profile: 'basic' | 'fapi2';
  redirectUris: readonly string[];
  postLogoutRedirectUris: readonly string[];
  backchannelLogoutUri?: string;
  /** The only binding of its tokens. */
  bound?: 'dpop' | 'certificate';
  /** Whether it accepts only signed requests. */
  signedRequests?: boolean;
  jwks?: { keys: JWK[] };
}

export interface RegisteredClient {
  clientId: string;
  clientSecret?: string;
}

/** A provider under test, with its properties beyond the specifications. */
export interface Provider {
  name: string;
  /** Whether it issues ID tokens; else it is a plain authorization server. */
  openid: boolean;
  /** Returns the address of an issuer's configuration document. */
  discoveryOf(issuer: string): string;
  /** Two scopes for its clients; modules request the first by default. */
  scopes: readonly [string, string];
  /** The resource for access tokens; UserInfo by default. */
  resource?: string;
  /** The `prompt` at which a user can refuse. */
  refusable: string;
  /** Returns the issuer for clients of a profile. */
  issuer(profile: ClientSpec['profile']): string;
  register(spec: ClientSpec): Promise<RegisteredClient>;
  /** Completes a page like a user who continues: enters the PIN, consents, confirms. */
  goOn(page: Page, browser: Browser): Promise<Landing>;
  /** Runs a task without a user, so that a sign-in stops at a page. */
  withoutPerson<T>(run: () => Promise<T>): Promise<T>;
  /** Runs a task while the user refuses. */
  refusing<T>(run: () => Promise<T>): Promise<T>;
  /** Creates a certificate for a client's own endpoints, of an authority that the provider was told to trust; else they use HTTP. */
  certify?(name: string): { cert: Buffer; key: Buffer };
  /** Supported values of `acr_values`. */
  acrValues: readonly string[];
  stop(): Promise<void>;
}
