import { createHash } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { signJwt } from '@alongside/kernel/jws';
import { ConfigurationError } from '@alongside/kernel/operator';
import {
  OutboundError,
  type OutboundPolicy,
  type OutboundRequest,
  outbound,
} from '@alongside/kernel/outbound';
import { withQuery } from '../../../oauth/parameters.ts';
import type { FederatedProvider } from './provider.ts';
import type { federatedText } from './text.ts';

/** A failed sign-in at another provider. The message is for the log. */
export class FederationProblem extends Error {
  override name = 'FederationProblem';
  /** Selects the text for the user. */
  readonly problem: keyof (typeof federatedText)['problems'];

  constructor(problem: FederationProblem['problem'], detail: string) {
    super(detail);
    this.problem = problem;
  }
}

/** The used part of a provider's metadata (OpenID Connect Discovery section 3). */
export interface ProviderMetadata {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  jwksUri: string;
  algorithms: readonly string[];
  /** Whether its responses contain `iss` (RFC 9207 section 3). */
  sendsIssuer: boolean;
}

/** The random values of a request to the provider, which its response must match. */
export interface UpstreamRequest {
  state: string;
  nonce: string;
  /** PKCE (RFC 7636). */
  verifier: string;
}

export const newUpstreamRequest = (): UpstreamRequest => ({
  state: randomToken(),
  nonce: randomToken(),
  verifier: randomToken(),
});

/** Milliseconds. */
const cacheTime = 3_600_000;
const formType = 'application/x-www-form-urlencoded';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Refuses plain HTTP, over which an attacker could impersonate the provider (RFC 9700 section 2.6). */
const isAddress = (value: unknown, plainHttp: boolean): value is string => {
  const protocol = typeof value === 'string' ? URL.parse(value)?.protocol : undefined;
  return protocol === 'https:' || (plainHttp && protocol === 'http:');
};

// The operator configures the providers, and a hospital's may have a private address.
export const providerPolicy: OutboundPolicy = { privateAddresses: true };

/** The client of one other provider. Throws FederationProblem. */
export class Upstream {
  readonly provider: FederatedProvider;
  readonly #clock: Clock;
  readonly #plainHttp: boolean;
  readonly #redirectUri: string;
  #cached: { metadata: ProviderMetadata; at: number } | undefined;

  /** @param plainHttp accepts providers without HTTPS; otherwise throws ConfigurationError. */
  constructor(provider: FederatedProvider, clock: Clock, plainHttp: boolean, origin: string) {
    if (!isAddress(provider.issuer, plainHttp))
      throw new ConfigurationError(`The issuer of the provider ${provider.label} must be an https address.`);
    this.provider = provider;
    this.#clock = clock;
    this.#plainHttp = plainHttp;
    // Each provider has its own address, so that responses cannot be mixed up (RFC 9700 section 4.4.2).
    this.#redirectUri = `${origin}/federated/${provider.id}/callback`;
  }

  async metadata(): Promise<ProviderMetadata> {
    const now = this.#clock.now();
    if (this.#cached && Math.abs(now - this.#cached.at) < cacheTime) return this.#cached.metadata;
    const { issuer } = this.provider;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = await this.#json(address, {
      purpose: 'discovery',
      headers: { accept: 'application/json' },
    });
    if (found.issuer !== issuer)
      throw new FederationProblem('refused', `its metadata have the issuer ${String(found.issuer)}`);
    const { authorization_endpoint, token_endpoint, jwks_uri } = found;
    for (const value of [authorization_endpoint, token_endpoint, jwks_uri])
      if (!isAddress(value, this.#plainHttp))
        throw new FederationProblem('refused', `its metadata contain an unsafe address: ${String(value)}`);
    const algorithms = found.id_token_signing_alg_values_supported;
    const metadata: ProviderMetadata = {
      authorizationEndpoint: String(authorization_endpoint),
      tokenEndpoint: String(token_endpoint),
      jwksUri: String(jwks_uri),
      algorithms: Array.isArray(algorithms) ? algorithms.map(String) : ['RS256'],
      sendsIssuer: found.authorization_response_iss_parameter_supported === true,
    };
    this.#cached = { metadata, at: now };
    return metadata;
  }

  /**
   * Returns the address of the sign-in for the browser.
   * @param maxAge seconds; `fresh` makes the user sign in again in any case.
   */
  async authorizeUrl(
    { state, nonce, verifier }: UpstreamRequest,
    { maxAge, fresh }: { maxAge: number; fresh: boolean },
  ): Promise<string> {
    const { authorizationEndpoint } = await this.metadata();
    const { clientId, scope, acr } = this.provider;
    return withQuery(authorizationEndpoint, {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.#redirectUri,
      scope,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      max_age: String(maxAge),
      prompt: fresh ? 'login' : undefined,
      acr_values: acr.length > 0 ? acr.join(' ') : undefined,
    });
  }

  /** Redeems a code. Returns the ID token. */
  async redeem(code: string, verifier: string): Promise<string> {
    const { tokenEndpoint } = await this.metadata();
    const { headers, form } = await this.#authentication();
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.#redirectUri,
      code_verifier: verifier,
      ...form,
    }).toString();
    const answer = await this.#json(tokenEndpoint, {
      purpose: 'token',
      method: 'POST',
      headers: { 'content-type': formType, accept: 'application/json', ...headers },
      body,
    });
    if (typeof answer.id_token !== 'string')
      throw new FederationProblem('refused', 'the token response has no ID token');
    return answer.id_token;
  }

  async #authentication(): Promise<{ headers: Record<string, string>; form: Record<string, string> }> {
    const { clientId, authentication, issuer } = this.provider;
    if ('secret' in authentication) {
      // Both are form-encoded before they are joined (RFC 6749 section 2.3.1).
      const pair = [clientId, authentication.secret].map((part) =>
        new URLSearchParams({ '': part }).toString().slice(1),
      );
      return {
        headers: { authorization: `Basic ${Buffer.from(pair.join(':')).toString('base64')}` },
        form: {},
      };
    }
    const { key, kid } = authentication;
    const now = seconds(this.#clock);
    const client_assertion = await signJwt(
      { alg: key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256', kid, typ: 'JWT' },
      { iss: clientId, sub: clientId, aud: issuer, jti: uuid(), iat: now, exp: now + 60 },
      key,
    );
    return {
      headers: {},
      form: { client_id: clientId, client_assertion_type: assertionType, client_assertion },
    };
  }

  async #json(address: string, request: OutboundRequest): Promise<JsonObject> {
    try {
      const { status, body } = await outbound(address, providerPolicy, request);
      if (status !== 200) throw new FederationProblem('refused', `${address} returned ${status}`);
      return parseJsonObject(body);
    } catch (error) {
      if (error instanceof FederationProblem) throw error;
      const problem = error instanceof OutboundError ? 'unreachable' : 'refused';
      throw new FederationProblem(problem, `${address}: ${reasonOf(error)}`);
    }
  }
}
