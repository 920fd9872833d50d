import type { JwtClaims } from '@alongside/kernel/jws';

/** How well a person was authenticated or proven, as scopes and tokens name it. */
export interface Level {
  /** The part of a scope that grants at exactly this level: `:aal3:`, `:P9:`. */
  marker: string;
  /** `auth_level` of tokens: `aal3`, `p9`. */
  name: string;
}

/** What the platform asks of a provider. */
export interface SignInRequest {
  redirectUri: string;
  state: string;
  acrValues: string;
  /** Seconds. */
  maxAge: string;
  prompt?: string;
  nonce?: string;
  challenge?: string;
}

/** A provider that signs people in for the platform: one file each. */
export interface Upstream {
  /** What a stored request remembers of it; also the `scope` that picks it. */
  readonly id: 'nhs-cis2' | 'nhs-login';
  /** `auth_provider` of the tokens that come from it. */
  readonly providerName: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  /** Undefined where the platform never asks for it. */
  readonly userinfoUrl: string | undefined;
  /** Whether the platform sends a nonce and a proof key there. */
  sendsNonceAndPkce(): Promise<boolean>;
  /** Milliseconds that a refresh token lasts, and all of its successors together. */
  readonly refreshLifetime: number;
  signInUrl(request: SignInRequest): string;
  /** How the platform authenticates at the provider's token endpoint. */
  clientAuthentication(): Promise<Record<string, string>>;
  /** The level of an ID token; undefined when it names none that exists. */
  levelOf(claims: JwtClaims): Level | undefined;
  /** Who the person is, as `auth_user_id`. */
  personOf(claims: JwtClaims): string;
}
