import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { Browser, type Callback, type Landing } from './browser.ts';
import type { ClientSpec, RegisteredClient } from './provider.ts';
import { now } from './time.ts';
import type { Discovery, Trial } from './trial.ts';

export const callback = 'https://rp.example/callback';
export const otherCallback = 'https://rp.example/other?from=harness';
export const signedOut = 'https://rp.example/signed-out';

/** Changes of parameters: undefined takes one away. */
export type Change = Record<string, string | undefined>;

export interface Reply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** What a successful sign-in gave. */
export interface Tokens extends Record<string, unknown> {
  access_token: string;
  id_token: string;
  token_type: string;
}

export interface IdToken {
  header: Record<string, unknown>;
  claims: JWTPayload & Record<string, unknown>;
}

export const sha256 = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('base64url');

const changed = (values: Change, change: Change): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...values, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );

export interface KeyPair {
  privateKey: CryptoKey;
  publicJwk: JWK;
  algorithm: string;
}

export async function newKeyPair(algorithm = 'ES256', kid = 'rp-key'): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    privateKey,
    algorithm,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
  };
}

/** A relying party of the harness: makes requests right, and as wrong as a module wants them. */
export class RelyingParty {
  readonly trial: Trial;
  readonly spec: ClientSpec;
  readonly registered: RegisteredClient;
  readonly discovery: Discovery;
  readonly browser: Browser;
  readonly issuer: string;
  /** Key of client assertions and request objects. */
  readonly key: KeyPair;
  /** Verifier of PKCE for the requests that carry a challenge. */
  readonly verifier = `${randomUUID()}${randomUUID()}`;
  /** `state` and `nonce` of requests that carry them. */
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
    this.issuer = trial.provider.issuer(spec.profile);
    this.browser = browser ?? new Browser([...spec.redirectUris, ...spec.postLogoutRedirectUris]);
  }

  static async register(trial: Trial, change: Partial<ClientSpec>, browser?: Browser): Promise<RelyingParty> {
    const key = await newKeyPair();
    const strong = change.profile === 'fapi2';
    const spec: ClientSpec = {
      method: strong ? 'private_key_jwt' : 'client_secret_basic',
      profile: 'basic',
      redirectUris: [callback, otherCallback],
      postLogoutRedirectUris: [signedOut],
      ...(change.method === 'private_key_jwt' || strong ? { jwks: { keys: [key.publicJwk] } } : {}),
      ...change,
    };
    const registered = await trial.provider.register(spec);
    return new RelyingParty(trial, spec, registered, await trial.discovery(spec.profile), key, browser);
  }

  /** An endpoint of the configuration document. */
  endpoint(name: string): string {
    const address = this.discovery[name];
    assert.equal(typeof address, 'string', `the configuration document has no ${name}`);
    return address as string;
  }

  /** The parameters of an authorization request. */
  parameters(change: Change = {}): URLSearchParams {
    const { clientId } = this.registered;
    const usual = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.spec.redirectUris[0],
      scope: 'openid',
      state: this.state,
      nonce: this.nonce,
      response_mode: this.trial.responseMode === 'query' ? undefined : this.trial.responseMode,
    };
    return new URLSearchParams(changed(usual, change));
  }

  authorizeAddress(change: Change = {}): string {
    return `${this.endpoint('authorization_endpoint')}?${this.parameters(change)}`;
  }

  /** Sends the browser to the provider, and does there what a person would do to go on. */
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

  /** The code of a successful authorization response, whose other members are checked. */
  codeOf(landing: Landing, state: string | undefined = this.state): string {
    const { parameters } = this.callbackOf(landing);
    assert.equal(parameters.get('error'), null, `the answer is ${parameters}`);
    assert.equal(parameters.get('state') ?? undefined, state, 'state comes back unchanged');
    if (this.discovery.authorization_response_iss_parameter_supported === true)
      assert.equal(parameters.get('iss'), this.issuer, 'iss of the response (RFC 9207)');
    return parameters.get('code') ?? assert.fail('the response has no code');
  }

  /** The error of an error response to the client. */
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

  /** A client assertion (RFC 7523); claims given as undefined are left out. */
  async assertion(
    claims: Record<string, unknown> = {},
    key: KeyPair = this.key,
    header: object = {},
  ): Promise<string> {
    const { clientId } = this.registered;
    const usual = {
      iss: clientId,
      sub: clientId,
      aud: this.issuer,
      jti: randomUUID(),
      iat: now(),
      exp: now() + 60,
    };
    const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
    return new SignJWT(kept)
      .setProtectedHeader({ alg: key.algorithm, kid: key.publicJwk.kid, ...header })
      .sign(key.privateKey);
  }

  /** How the client authenticates: parameters and headers. */
  async credentials(): Promise<{ form: Record<string, string>; headers: Record<string, string> }> {
    const { clientId, clientSecret = '' } = this.registered;
    const ways = {
      client_secret_basic: async () => {
        const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
        return { form: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
      },
      client_secret_post: async () => ({
        form: { client_id: clientId, client_secret: clientSecret },
        headers: {},
      }),
      private_key_jwt: async () => ({
        form: {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await this.assertion(),
        },
        headers: {},
      }),
      self_signed_tls_client_auth: async () => ({ form: { client_id: clientId }, headers: {} }),
    };
    return ways[this.spec.method]();
  }

  /** Posts a form as this client. A member given as undefined, also of the credentials, is left out. */
  async send(address: string, form: Change, headers: Record<string, string> = {}): Promise<Reply> {
    const known = await this.credentials();
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

  /** The tokens of a successful answer of the token endpoint. */
  tokensOf({ status, body, headers }: Reply): Tokens {
    assert.equal(status, 200, `the token endpoint answers ${JSON.stringify(body)}`);
    assert.equal(typeof body.access_token, 'string', 'access_token');
    assert.match(String(body.token_type), /^(Bearer|DPoP)$/i, 'token_type');
    assert.match(headers.get('cache-control') ?? '', /no-store/, 'no cache keeps tokens');
    return body as Tokens;
  }

  /** A whole sign-in, its ID token checked. */
  async signIn(
    change: Change = {},
    method: 'GET' | 'POST' = 'GET',
  ): Promise<{ tokens: Tokens; idToken: IdToken; callback: Callback }> {
    const landing = await this.authorize(change, method);
    const code = this.codeOf(landing, 'state' in change ? change.state : this.state);
    const redirect = change.redirect_uri === undefined ? {} : { redirect_uri: change.redirect_uri };
    const tokens = this.tokensOf(await this.redeem(code, redirect));
    const nonce = 'nonce' in change ? change.nonce : this.nonce;
    const idToken = await this.checkIdToken(tokens.id_token, { nonce });
    return { tokens, idToken, callback: this.callbackOf(landing) };
  }

  /** Verifies a signed token of the provider with its published keys, and its issuer and audience. */
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

  async userinfo(token: string, init: RequestInit = {}): Promise<Reply> {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
    return readReply(await fetch(this.endpoint('userinfo_endpoint'), { ...init, headers }));
  }
}

export async function readReply(answer: Response): Promise<Reply> {
  const text = await answer.text();
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {}
  return { status: answer.status, headers: answer.headers, body };
}

/** A holder of a key, who proves it (RFC 9449). */
export class Prover {
  readonly key: KeyPair;
  readonly jkt: string;

  constructor(key: KeyPair, jkt: string) {
    this.key = key;
    this.jkt = jkt;
  }

  static async make(algorithm = 'ES256'): Promise<Prover> {
    const key = await newKeyPair(algorithm);
    const { kid: _, alg: __, use: ___, ...publicJwk } = key.publicJwk;
    return new Prover({ ...key, publicJwk }, await calculateJwkThumbprint(publicJwk));
  }

  /** The header with a proof; members given as undefined are left out. */
  async header(
    method: string,
    url: string,
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
  ): Promise<{ dpop: string }> {
    const usual = { htm: method, htu: url, iat: now(), jti: randomUUID() };
    const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
    const protectedHeader = { typ: 'dpop+jwt', alg: this.key.algorithm, jwk: this.key.publicJwk, ...header };
    return { dpop: await new SignJWT(kept).setProtectedHeader(protectedHeader).sign(this.key.privateKey) };
  }
}
