import type { ServiceHere } from '@alongside/kernel/in-process';
import type { JwtClaims } from '@alongside/kernel/jws';

/** The provider that signs care workers in: CIS2 or a compatible one. Addresses are used byte for byte. */
export interface Cis2Settings {
  issuer: string;
  authorizeUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
  jwksUrl: string;
  /** Where users sign out. Without it, `/oauth2.1` has no sign-out. */
  endSessionUrl?: string | undefined;
  /** The platform as a client of CIS2. */
  clientId: string;
  clientSecret: string;
  /** `auth_provider` of its tokens. */
  providerName: 'nhs-cis2' | 'apim-mock-nhs-cis2';
  /** By default both are sent if the provider's metadata lists S256. The published platform sends neither. */
  sendNonceAndPkce?: boolean | undefined;
  /** Set if it runs in this process, where its calls need no socket. */
  here?: ServiceHere | undefined;
}

/** The provider that signs citizens in. Without a secret, the platform authenticates with an RS512 assertion. */
export interface NhsLoginSettings {
  issuer: string;
  authorizeUrl: string;
  tokenUrl: string;
  jwksUrl: string;
  clientId: string;
  clientSecret?: string;
  providerName: 'nhs-login' | 'apim-mock-nhs-login';
  /** As for CIS2. */
  sendNonceAndPkce?: boolean | undefined;
}

/** A level of authentication or identity proofing, as in scopes and tokens. */
export interface Level {
  /** The part of a scope for exactly this level: `:aal3:`, `:P9:`. */
  marker: string;
  /** `auth_level` of tokens: `aal3`, `p9`. */
  name: string;
}

/** The parameters of a sign-in at a provider. */
export interface SignInRequest {
  redirectUri: string;
  state: string;
  /** Scopes whose claims the application asked for. */
  scopes?: readonly string[];
  acrValues: string;
  /** Seconds; none by default. */
  maxAge?: string;
  prompt?: string | undefined;
  /** Set if only the person matters, and no role is chosen. */
  withoutRole?: boolean;
  nonce?: string;
  challenge?: string;
  /** The sealed name of the application. */
  onBehalfOf?: string | undefined;
}

/** A provider that signs users in for the platform. */
export interface Upstream {
  /** Id in stored requests; also the `scope` that selects it. */
  readonly id: 'nhs-cis2' | 'nhs-login';
  /** `auth_provider` of its tokens. */
  readonly providerName: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  /** Undefined if the platform does not use it. */
  readonly userinfoUrl: string | undefined;
  /** Where users sign out; undefined if the platform does not use it. */
  readonly endSessionUrl?: string | undefined;
  /** Set if it runs in this process. */
  readonly here?: ServiceHere | undefined;
  /** Returns whether the platform sends a nonce and a code challenge. */
  sendsNonceAndPkce(): Promise<boolean>;
  /** Total lifetime of a refresh token and its successors, in milliseconds. */
  readonly refreshLifetime: number;
  /** Whether it belongs to this installation, so that it can show the application's name. */
  readonly isOwn: boolean;
  signInUrl(request: SignInRequest): string;
  /** Returns the parameters of client authentication at the provider's token endpoint. */
  clientAuthentication(): Promise<Record<string, string>>;
  /** Returns the level of an ID token; undefined for an unknown one. */
  levelOf(claims: JwtClaims): Level | undefined;
  /** Returns the `auth_user_id` of a person. */
  personOf(claims: JwtClaims): string;
}
