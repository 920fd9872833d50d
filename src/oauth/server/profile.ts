import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { ClientRegistration, Profile } from '../applications.ts';
import type { ResponseMode } from '../parameters.ts';
import type { EndpointName, SecurityCheck } from './security-checks.ts';

/** Whether clients of a profile may use a capability, and whether they must. */
export type Rule = 'off' | 'allowed' | 'required';

/** How clients of one profile authenticate. */
export interface AuthenticationRules {
  /** Values of `token_endpoint_auth_method`. */
  readonly authenticationMethods: readonly string[];
  /** Algorithms of client assertions and request objects. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly assertion: {
    /**
     * What identifies the server: its issuer alone (draft-ietf-oauth-rfc7523bis), the token endpoint alone, or either, as one string
     * or a list of these. Either includes the endpoint for pushed requests (RFC 9126 section 2).
     */
    readonly audience: 'issuer' | 'token-endpoint' | 'either';
    /** Whether an assertion must name its key even when only one fits. */
    readonly needsKid: boolean;
    /** Whether an assertion must have a `jti`; without it the whole assertion counts once. */
    readonly needsJti: boolean;
    /** Seconds until `exp` at most. */
    readonly maxAhead: number;
  };
}

export interface ProfileRules extends AuthenticationRules {
  /** Whether access tokens are bound to a key (RFC 9449) or a certificate (RFC 8705). */
  readonly senderConstraint: Rule;
  /** Whether clients may send request objects; FAPI 2.0 Message Signing section 5.3.1 wants `nbf` in them. */
  readonly requestObjects: 'off' | 'allowed' | 'with-nbf';
  /** Whether authorization requests are pushed (RFC 9126). */
  readonly pushedRequests: Rule;
  /**
   * Whether authorization requests have a code challenge (RFC 7636), unless the registration decides. `or-nonce` lets a confidential
   * client send a nonce of OpenID Connect instead (RFC 9700 section 2.1.1).
   */
  readonly pkce: 'allowed' | 'or-nonce' | 'required';
  /** Values of `response_mode`. */
  readonly responseModes: readonly ResponseMode[];
  /** Milliseconds in which a client may repeat its request for a code without ending its tokens; 0 for never. */
  readonly codeRetryTime: number;
  readonly refresh: {
    /** Whether each use issues a successor (RFC 9700 section 4.14.2) or the token stays (FAPI 2.0 section 5.3.2.1). */
    readonly rotates: boolean;
    /** Milliseconds in which a client that repeats a request gets the same successor; 0 for never. */
    readonly retryTime: number;
  };
  /** The security checks of each endpoint. `requireChecks` compares them with its steps when the server starts. */
  readonly requires: Readonly<Partial<Record<EndpointName, readonly SecurityCheck[]>>>;
}

/** Returns the rules of a client's profile. Throws for a profile that the server does not serve. */
export function rulesOf<Rules>(
  { profiles }: { readonly profiles: Readonly<Partial<Record<Profile, Rules>>> },
  { profile }: Pick<ClientRegistration, 'profile'>,
): Rules {
  const rules = profiles[profile];
  if (!rules) throw new Error(`The server has no rules of the profile ${profile}.`);
  return rules;
}
