import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { Browser, type Callback, type Landing } from '../../src/kit/browser.ts';
import { type CertifiedKey, newCertifiedKey } from './certificate.ts';
import { assertionOf, credentialsOf } from './credentials.ts';
import { type KeyPair, newKeyPair } from './keys.ts';
import type { ClientSpec, RegisteredClient } from './provider.ts';
import { type Change, changed, type Reply, readReply } from './reply.ts';
import { now } from './time.ts';
import type { Discovery, Trial } from './trial.ts';

export const callback = 'https://rp.example/callback';
export const otherCallback = 'https://rp.example/other?from=harness';
export const signedOut = 'https://rp.example/signed-out';

/** Claims of an ID token that no request asks for: OpenID Connect Core section 2, RFC 7519, and Back-Channel Logout section 2.1. */
// biome-ignore format: a list
const signInClaims = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 's_hash', 'sid'];

/** The result of a successful sign-in. */
export interface Tokens extends Record<string, unknown> {
  access_token: string;
  id_token: string;
  token_type: string;
}

export interface IdToken {
  header: Record<string, unknown>;
  claims: JWTPayload & Record<string, unknown>;
}

/** A relying party of the harness, which sends correct requests and those that a module changes. */
export class RelyingParty {
  readonly trial: Trial;
  readonly spec: ClientSpec;
  readonly registered: RegisteredClient;
  readonly discovery: Discovery;
  readonly browser: Browser;
  readonly issuer: string;
  /** Key of client assertions and request objects. */
  readonly key: KeyPair;
  /** Header with the client's certificate, if it has one. */
  readonly certificateHeader: Record<string, string>;
  /** PKCE verifier for requests with a challenge. */
  readonly verifier = `${randomUUID()}${randomUUID()}`;
  /** `state` and `nonce` for requests with them. */
  readonly state = randomUUID();
  readonly nonce = randomUUID();

  constructor(
    trial: Trial,
    spec: ClientSpec,
    registered: RegisteredClient,
    discovery: Discovery,
    key: KeyPair,
    browser?: Browser,
  ) {
    this.trial = trial;
    this.spec = spec;
    this.registered = registered;
    this.discovery = discovery;
    this.key = key;
    this.certificateHeader = 'header' in key ? { ...(key as CertifiedKey).header } : {};
    this.issuer = trial.provider.issuer(spec.profile);
    this.browser = browser ?? new Browser([...spec.redirectUris, ...spec.postLogoutRedirectUris]);
  }

  static async register(
    trial: Trial,
    change: Partial<ClientSpec> = {},
    browser?: Browser,
  ): Promise<RelyingParty> {
    const strong = change.profile === 'fapi2';
    const { auth } = trial.variant;
    const usual = auth === 'mtls' ? 'self_signed_tls_client_auth' : auth;
    const method = change.method ?? usual ?? (strong ? 'private_key_jwt' : 'client_secret_basic');
    const certified = method === 'self_signed_tls_client_auth' || change.bound === 'certificate';
    const key = certified ? await newCertifiedKey() : await newKeyPair();
    const spec: ClientSpec = {
      method,
      profile: 'basic',
      redirectUris: [callback, otherCallback],
      postLogoutRedirectUris: [signedOut],
      ...(method === 'private_key_jwt' || certified ? { jwks: { keys: [key.publicJwk] } } : {}),
      ...change,
    };
    const registered = await trial.provider.register(spec);
    return new RelyingParty(trial, spec, registered, await trial.discovery(spec.profile), key, browser);
  }

  /** Returns an endpoint from the configuration document. */
  endpoint(name: string): string {
    const address = this.discovery[name];
    assert.equal(typeof address, 'string', `the configuration document has no ${name}`);
    return address as string;
  }

  /** Returns the parameters of an authorization request. */
  parameters(change: Change = {}): URLSearchParams {
    const { clientId } = this.registered;
    const usual = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.spec.redirectUris[0],
      scope: this.trial.provider.scopes[0],
      state: this.state,
      nonce: this.nonce,
      response_mode: this.trial.responseMode === 'query' ? undefined : this.trial.responseMode,
    };
    return new URLSearchParams(changed(usual, change));
  }

  authorizeAddress(change: Change = {}): string {
    return `${this.endpoint('authorization_endpoint')}?${this.parameters(change)}`;
  }

  /** Sends the browser to the provider and completes its pages. */
  async authorize(change: Change = {}, method: 'GET' | 'POST' = 'GET'): Promise<Landing> {
    const landing =
      method === 'GET'
        ? await this.browser.go(this.authorizeAddress(change))
        : await this.browser.post(this.endpoint('authorization_endpoint'), this.parameters(change));
    return this.goOn(landing);
  }

  async goOn(first: Landing): Promise<Landing> {
    let landing = first;
    for (let page = 0; page < 8 && landing.kind === 'page' && landing.status === 200; page++) {
      const next: Landing = await this.trial.provider.goOn(landing, this.browser);
      if (next === landing) return landing;
      landing = next;
    }
    return landing;
  }

  /** Returns the code of a successful authorization response after checking its other members. */
  codeOf(landing: Landing, state: string | null = this.state): string {
    const { parameters } = this.callbackOf(landing);
    assert.equal(parameters.get('error'), null, `the answer is ${parameters.get('error')}`);
    assert.equal(parameters.get('state'), state, 'state comes back unchanged');
    if (this.discovery.authorization_response_iss_parameter_supported === true)
      assert.equal(parameters.get('iss'), this.issuer, 'iss of the response (RFC 9207)');
    return parameters.get('code') ?? assert.fail('the response has no code');
  }

  /** Returns the error of an error response to the client. */
  errorOf(landing: Landing): string {
    const { parameters } = this.callbackOf(landing);
    assert.equal(parameters.get('code'), null, 'a code was given');
    assert.equal(parameters.get('state'), this.state, 'state comes back with an error, too');
    return parameters.get('error') ?? assert.fail('the response has no error');
  }

  callbackOf(landing: Landing): Callback {
    if (landing.kind === 'page')
      assert.fail(`a page with status ${landing.status} is shown at ${landing.url.pathname}`);
    assert.equal(landing.mode, this.trial.responseMode, 'the way in which the response comes');
    return landing;
  }

  /** The audience of its assertions, as the suite sends it: only FAPI 2.0 requires the issuer. */
  get audience(): string {
    return this.spec.profile === 'fapi2' ? this.issuer : this.endpoint('token_endpoint');
  }

  /** Returns an assertion of this client; omits undefined claims. */
  assertion(claims: Record<string, unknown> = {}, key: KeyPair = this.key): Promise<string> {
    return assertionOf(this.registered.clientId, this.audience, key, claims);
  }

  /** Posts a form as this client. Omits undefined members, also of the credentials. */
  async send(address: string, form: Change, headers: Record<string, string> = {}): Promise<Reply> {
    const known = await credentialsOf[this.spec.method](this);
    const answer = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...known.headers, ...headers },
      body: new URLSearchParams(changed(known.form, form)),
    });
    return readReply(answer);
  }

  redeem(code: string, change: Change = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.spec.redirectUris[0],
      ...change,
    };
    return this.send(this.endpoint('token_endpoint'), form, headers);
  }

  refresh(token: unknown, change: Change = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const form = { grant_type: 'refresh_token', refresh_token: String(token), ...change };
    return this.send(this.endpoint('token_endpoint'), form, headers);
  }

  /** Returns the tokens of a successful token response. */
  tokensOf({ status, body, headers }: Reply): Tokens {
    assert.equal(status, 200, `the token endpoint answers ${status} ${body.error ?? ''}`);
    assert.equal(typeof body.access_token, 'string', 'access_token');
    assert.match(String(body.token_type), /^(Bearer|DPoP)$/i, 'token_type');
    assert.match(headers.get('cache-control') ?? '', /no-store/, 'no cache keeps tokens');
    return body as Tokens;
  }

  /** Completes a sign-in and verifies its ID token. */
  async signIn(
    change: Change = {},
    method: 'GET' | 'POST' = 'GET',
  ): Promise<{ tokens: Tokens; idToken: IdToken; callback: Callback }> {
    const landing = await this.authorize(change, method);
    const code = this.codeOf(landing, 'state' in change ? (change.state ?? null) : this.state);
    const redirect = change.redirect_uri === undefined ? {} : { redirect_uri: change.redirect_uri };
    const tokens = this.tokensOf(await this.redeem(code, redirect));
    const nonce = 'nonce' in change ? change.nonce : this.nonce;
    const idToken = await this.checkIdToken(tokens.id_token, { nonce });
    return { tokens, idToken, callback: this.callbackOf(landing) };
  }

  /** Verifies a signed token with the provider's published keys, its issuer and audience. */
  async verify(token: string, typ?: string): Promise<IdToken> {
    const jwks = (await (await fetch(this.endpoint('jwks_uri'))).json()) as { keys: JWK[] };
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer: this.issuer,
      audience: this.registered.clientId,
      currentDate: new Date(Date.now()),
      clockTolerance: 5,
      ...(typ === undefined ? {} : { typ }),
    });
    return { header: protectedHeader as Record<string, unknown>, claims: payload };
  }

  /** OpenID Connect Core section 3.1.3.7. */
  async checkIdToken(token: unknown, { nonce }: { nonce: string | undefined }): Promise<IdToken> {
    assert.equal(typeof token, 'string', 'the token answer has an id_token');
    const idToken = await this.verify(token as string);
    const { claims } = idToken;
    assert.equal(typeof claims.sub, 'string', 'sub');
    assert.ok(String(claims.sub).length > 0 && String(claims.sub).length <= 255, 'length of sub');
    assert.equal(claims.nonce, nonce, 'nonce');
    for (const name of ['iat', 'exp'] as const) assert.equal(typeof claims[name], 'number', name);
    assert.ok(Number(claims.exp) > now(), 'exp lies ahead');
    if ([claims.aud].flat().length > 1) assert.equal(claims.azp, this.registered.clientId, 'azp');
    return idToken;
  }

  /** Warns of claims that the request did not ask for (OpenID Connect Core sections 5.4 and 5.5). */
  warnOfMoreClaims({ claims }: IdToken): void {
    const more = Object.keys(claims).filter((name) => !signInClaims.includes(name));
    if (more.length > 0) this.trial.warnings.push(`the ID token has ${more.sort().join(', ')}`);
  }

  async userinfo(token: string, init: RequestInit = {}): Promise<Reply> {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
    return readReply(await fetch(this.endpoint('userinfo_endpoint'), { ...init, headers }));
  }
}
