import { createHash } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { signJwt } from '@alongside/kernel/jws';
import { OperatorError } from '@alongside/kernel/operator';
import {
  OutboundError,
  type OutboundPolicy,
  type OutboundRequest,
  outbound,
} from '@alongside/kernel/outbound';
import { withQuery } from '../../../oauth/parameters.ts';
import type { Words } from '../../text/english.ts';
import type { FederatedProvider } from './provider.ts';

/** Why a sign-in at another provider brought nobody. The message is for the log. */
export class FederationProblem extends Error {
  override name = 'FederationProblem';
  /** What the person is told. */
  readonly sentence: keyof Words['federated']['problems'];

  constructor(sentence: FederationProblem['sentence'], detail: string) {
    super(detail);
    this.sentence = sentence;
  }
}

/** What we use of a provider's metadata (OpenID Connect Discovery section 3). */
export interface ProviderMetadata {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  jwksUri: string;
  algorithms: readonly string[];
  /** It says in its answers who it is (RFC 9207 section 3). */
  saysIssuer: boolean;
}

/** What a request to the provider is made of, and is checked by when it comes back. */
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

/** How long metadata are used, in milliseconds. */
const cacheTime = 3_600_000;
const formType = 'application/x-www-form-urlencoded';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Over plain HTTP anybody on the way could be the provider (RFC 9700 section 2.6). */
const isAddress = (value: unknown, plainHttp: boolean): value is string => {
  const protocol = typeof value === 'string' ? URL.parse(value)?.protocol : undefined;
  return protocol === 'https:' || (plainHttp && protocol === 'http:');
};

// Which providers there are, the operator says: a hospital's own stands in its own network.
export const providerPolicy: OutboundPolicy = { privateAddresses: true };

/** Another provider as its client. Throws FederationProblem. */
export class Upstream {
  readonly provider: FederatedProvider;
  readonly #clock: Clock;
  readonly #plainHttp: boolean;
  readonly #redirectUri: string;
  #cached: { metadata: ProviderMetadata; at: number } | undefined;

  /** @param plainHttp in development. Throws OperatorError for a provider without HTTPS elsewhere. */
  constructor(provider: FederatedProvider, clock: Clock, plainHttp: boolean, origin: string) {
    if (!isAddress(provider.issuer, plainHttp))
      throw new OperatorError(`The issuer of the provider ${provider.label} must be an https address.`);
    this.provider = provider;
    this.#clock = clock;
    this.#plainHttp = plainHttp;
    // One address for each provider, so that no answer of one is taken for another's (RFC 9700 section 4.4.2).
    this.#redirectUri = `${origin}/federated/${provider.id}/callback`;
  }

  async metadata(): Promise<ProviderMetadata> {
    const now = this.#clock.now();
    if (this.#cached && Math.abs(now - this.#cached.at) < cacheTime) return this.#cached.metadata;
    const { issuer } = this.provider;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = await this.#json(address, { headers: { accept: 'application/json' } });
    if (found.issuer !== issuer)
      throw new FederationProblem('refused', `its metadata are of ${String(found.issuer)}`);
    const { authorization_endpoint, token_endpoint, jwks_uri } = found;
    for (const value of [authorization_endpoint, token_endpoint, jwks_uri])
      if (!isAddress(value, this.#plainHttp))
        throw new FederationProblem('refused', `its metadata name no safe address: ${String(value)}`);
    const algorithms = found.id_token_signing_alg_values_supported;
    const metadata: ProviderMetadata = {
      authorizationEndpoint: String(authorization_endpoint),
      tokenEndpoint: String(token_endpoint),
      jwksUri: String(jwks_uri),
      algorithms: Array.isArray(algorithms) ? algorithms.map(String) : ['RS256'],
      saysIssuer: found.authorization_response_iss_parameter_supported === true,
    };
    this.#cached = { metadata, at: now };
    return metadata;
  }

  /** Where the browser goes to sign in there. `maxAge` in seconds; `fresh` asks for the person, however lately it was. */
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

  /** The ID token for a code. */
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
      method: 'POST',
      headers: { 'content-type': formType, accept: 'application/json', ...headers },
      body,
    });
    if (typeof answer.id_token !== 'string') throw new FederationProblem('refused', 'it gave no ID token');
    return answer.id_token;
  }

  async #authentication(): Promise<{ headers: Record<string, string>; form: Record<string, string> }> {
    const { clientId, authentication, issuer } = this.provider;
    if ('secret' in authentication) {
      // RFC 6749 section 2.3.1: both are encoded before they are joined.
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
      if (status !== 200) throw new FederationProblem('refused', `${address} answered ${status}`);
      return parseJsonObject(body);
    } catch (error) {
      if (error instanceof FederationProblem) throw error;
      const sentence = error instanceof OutboundError ? 'unreachable' : 'refused';
      throw new FederationProblem(sentence, `${address}: ${reasonOf(error)}`);
    }
  }
}
