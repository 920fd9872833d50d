import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { ManualClock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import {
  type JsonWebKey,
  type JwtClaims,
  type SigningAlgorithm,
  signJwt,
  thumbprint,
} from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { sha256 } from '@alongside/kernel/secrets';
import { applicationOf } from '../../src/authorisation/testing/applications.ts';
import { throughBrowser } from '../../src/authorisation/testing/journeys.ts';
import { api, noon, startPlatform } from '../../src/authorisation/testing/platform.ts';
import { Browser, send } from '../../src/cis2/testing/browser.ts';
import { startInstance } from '../../src/cis2/testing/instance.ts';
import { gp } from '../../src/cis2/testing/people.ts';
import type { Profile, SecretRecord } from '../../src/oauth/applications.ts';
import type { CertificateSubject } from '../../src/oauth/certificate-subject.ts';
import { readAuthorities } from '../../src/oauth/mutual-tls.ts';
import { newAuthority, type TestCertificate } from '../../src/oauth/testing/certificates.ts';
import type { TokenRecord } from '../../src/oauth/token-records.ts';

// CIS2 and /oauth2.1 with one interface, so that one table of tests covers both.

export const secret = 'a-client-secret-of-at-least-32-characters';
export const verifier = 'v'.repeat(43);
export const mutualTlsUrl = 'https://mtls.example.test';
const redirectUri = 'https://app.example.test/callback';

export type Endpoint = 'token' | 'pushed' | 'revocation' | 'introspection';
export type Form = Readonly<Record<string, string | undefined>>;
export type Headers = Readonly<Record<string, string>>;

/** A registration with the members that both servers support. */
export interface Registration {
  profile?: Profile;
  method?: string;
  secrets?: SecretRecord[];
  keys?: JsonWebKey[];
  signingAlg?: SigningAlgorithm | '';
  bound?: 'dpop' | 'certificate';
  signedRequests?: 'required';
  subject?: CertificateSubject;
  applicationType?: 'native';
  redirectUris?: string[];
  pkce?: 'optional' | 'required';
}

export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any response of the server.
  body: any;
  /** Redirect of an authorization response; empty for other responses. */
  location: string;
}

export interface Server {
  readonly name: 'CIS2' | '/oauth2.1';
  readonly issuer: string;
  readonly clock: { now(): number; advance(seconds: number): void };
  addressOf(endpoint: Endpoint): string;
  /** Posts a form; a string is sent unchanged. */
  post(endpoint: Endpoint, form: Form | string, headers?: Headers): Promise<Reply>;
  get(address: string, headers?: Headers): Promise<Reply>;
  register(registration?: Registration): Promise<string>;
  /** Sends the browser to the authorization endpoint and through the sign-in, as far as possible. */
  signIn(query: Form): Promise<Reply>;
  metadata(): Promise<Record<string, unknown>>;
  find(token: string): Promise<TokenRecord | undefined>;
  stop(): Promise<void>;
}

const given = (form: Form): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

const encoded = (form: Form | string): string =>
  typeof form === 'string' ? form : `${new URLSearchParams(given(form))}`;

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export const defaultSecrets: SecretRecord[] = [{ hash: sha256(secret), createdAt: 0, expiresAt: null }];

async function startCis2(authority: TestCertificate, nonces: boolean): Promise<Server> {
  const cis2 = await startInstance({
    clock: new ManualClock(noon),
    mutualTlsUrl,
    dpopNonces: nonces,
    clientAuthorities: readAuthorities(authority.pem),
  });
  await cis2.agent.signIn(gp.uid);
  const paths = {
    token: '/access_token',
    pushed: '/par',
    revocation: '/token/revoke',
    introspection: '/introspect',
  };
  const addressOf = (endpoint: Endpoint) => `${cis2.issuer}${paths[endpoint]}`;
  const request = async (...call: Parameters<typeof send>): Promise<Reply> => {
    const { status, headers, body, location } = await send(...call);
    return { status, headers: headers as Record<string, string>, text: body, body: bodyOf(body), location };
  };
  return {
    name: 'CIS2',
    issuer: cis2.issuer,
    clock: cis2.clock,
    addressOf,
    post: (endpoint, form, headers = {}) =>
      request('POST', addressOf(endpoint), { ...formType, ...headers }, encoded(form)),
    get: (address, headers) => request('GET', address, headers),
    async register({
      method = 'client_secret_post',
      keys,
      bound,
      subject,
      signingAlg = '',
      pkce,
      ...more
    } = {}) {
      const { clientId } = await cis2.register({
        profile: 'standard',
        tokenEndpointAuthMethod: method,
        signingAlg,
        secrets: defaultSecrets,
        refreshTokens: true,
        jwks: keys ? { keys } : null,
        boundTokens: bound ?? null,
        certificateSubject: subject ?? null,
        pkce: pkce ?? null,
        ...more,
      });
      return clientId;
    },
    async signIn(query) {
      const browser = new Browser();
      const hop = await browser.get(`${cis2.issuer}/authorize?${new URLSearchParams(given(query))}`);
      const back = /\/agent\/|^http:\/\/127\.0\.0\.1:65533/.test(hop.location)
        ? await browser.get(await cis2.agent.answer(hop.location))
        : hop;
      return {
        ...back,
        headers: back.headers as Record<string, string>,
        text: back.body,
        body: bodyOf(back.body),
      };
    },
    metadata: async () =>
      (await request('GET', `${cis2.issuer}/.well-known/openid-configuration`)).body as Record<
        string,
        unknown
      >,
    find: (token) => cis2.tokens.find(token),
    stop: () => cis2.stop(),
  };
}

async function startOauth21(authority: TestCertificate, nonces: boolean): Promise<Server> {
  const platform = await startPlatform({
    base: { options: { proofNonces: nonces } },
    more: { clientAuthorities: readAuthorities(authority.pem), mutualTlsUrl },
  });
  const paths = { token: '/token', pushed: '/par', revocation: '/revoke', introspection: '/introspect' };
  const replyOf = (reply: Awaited<ReturnType<typeof platform.call>>): Reply => ({
    ...reply,
    headers: Object.fromEntries(reply.headers),
    location: reply.location?.href ?? '',
  });
  let registered = 0;
  return {
    name: '/oauth2.1',
    issuer: `${api}/oauth2.1`,
    clock: platform.clock,
    addressOf: (endpoint) => `${api}/oauth2.1${paths[endpoint]}`,
    post: async (endpoint, form, headers = {}) =>
      replyOf(
        await platform.call(`/oauth2.1${paths[endpoint]}`, {
          method: 'POST',
          headers: { ...formType, ...headers },
          body: encoded(form),
        }),
      ),
    get: async (address, headers = {}) => replyOf(await platform.call(address, { headers })),
    async register({
      method = 'client_secret_post',
      keys,
      bound,
      subject,
      redirectUris = [redirectUri],
      signingAlg = '',
      ...more
    } = {}) {
      registered += 1;
      const attributes = {
        ...(subject as Record<string, string> | undefined),
        'resource-server': 'true',
      };
      const id = `table-${registered}`;
      await platform.applications.add(
        applicationOf(id, {
          profile: 'standard',
          secrets: defaultSecrets,
          callbackUrls: redirectUris,
          tokenEndpointAuthMethod: method,
          signingAlg,
          jwks: keys ? { keys } : null,
          attributes,
          boundTokens: bound ?? null,
          ...more,
        }),
      );
      return `key-of-${id}`;
    },
    async signIn(query) {
      const sent = await platform.get('/oauth2.1/authorize', given(query));
      if (sent.location?.origin !== platform.provider.issuer) return replyOf(sent);
      return replyOf(await throughBrowser(platform, '/oauth2.1/authorize', given(query)));
    },
    metadata: async () =>
      (await platform.get('/.well-known/oauth-authorization-server/oauth2.1')).body as Record<
        string,
        unknown
      >,
    find: (token) => platform.tokens.find(token),
    stop: () => platform.close(),
  };
}

/**
 * Both servers, with one authority for client certificates.
 * @param nonces whether DPoP proofs must carry a nonce of the server.
 */
export async function startServers(
  nonces = false,
): Promise<{ servers: readonly Server[]; authority: TestCertificate }> {
  const authority = await newAuthority(noon);
  return {
    servers: await Promise.all([startCis2(authority, nonces), startOauth21(authority, nonces)]),
    authority,
  };
}

/** A key pair of a client. */
export interface Key {
  jwk: JsonWebKey;
  privateKey: KeyObject;
  alg: SigningAlgorithm;
}

export async function newKey(kid: string, alg: SigningAlgorithm = 'ES256'): Promise<Key> {
  const pair = await newKeyPair(alg);
  return { jwk: { ...pair.publicJwk, kid }, privateKey: createPrivateKey(pair.privatePem), alg };
}

const kept = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Signs a JWT; omits undefined members. */
const sign = ({ alg, jwk, privateKey }: Key, header: object, claims: JwtClaims): Promise<string> =>
  signJwt(kept({ alg, kid: jwk.kid, ...header }) as never, kept(claims), privateKey);

/** A client assertion for the issuer (RFC 7523). */
export function assertion(
  { issuer, clock }: Server,
  clientId: string,
  key: Key,
  claims: JwtClaims = {},
  header: object = {},
): Promise<string> {
  const usual = { iss: clientId, sub: clientId, aud: issuer, jti: uuid(), exp: seconds(clock) + 60 };
  return sign(key, { typ: 'JWT', ...header }, { ...usual, ...claims });
}

export const assertionForm = (jwt: string): Form => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: jwt,
});

/** A request object for the issuer (RFC 9101). */
export function requestObject(
  { issuer, clock }: Server,
  clientId: string,
  key: Key,
  claims: JwtClaims = {},
  header: object = {},
): Promise<string> {
  const times = { nbf: seconds(clock), exp: seconds(clock) + 60 };
  return sign(
    key,
    { typ: 'oauth-authz-req+jwt', ...header },
    { iss: clientId, aud: issuer, ...times, ...authorization(clientId), ...claims },
  );
}

/** A DPoP proof (RFC 9449); `kid` is never part of it. */
export function proof(
  { clock }: Server,
  key: Key,
  url: string,
  claims: JwtClaims = {},
  header: object = {},
): Promise<string> {
  const { kid: _, ...jwk } = key.jwk;
  const usual = { htm: 'POST', htu: url, iat: seconds(clock), jti: uuid() };
  return sign(key, { kid: undefined, typ: 'dpop+jwt', jwk, ...header }, { ...usual, ...claims });
}

export const jktOf = ({ jwk: { kid: _, ...jwk } }: Key): string => thumbprint(jwk);

export const basic = (clientId: string, word: string): Headers => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(word)}`).toString('base64')}`,
});

/** Returns the parameters of an ordinary authorization request. */
export const authorization = (clientId: string): Record<string, string> => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: 'openid offline_access urn:nhsd:apim:user-nhs-id:aal3:records',
  state: 'state-1',
  nonce: 'nonce-1',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
});

/** Signs in and returns the code. */
export async function newCode(server: Server, clientId: string, more: Form = {}): Promise<string> {
  const { location, text } = await server.signIn({ ...authorization(clientId), ...more });
  const code = location === '' ? null : new URL(location).searchParams.get('code');
  if (code === null) throw new Error(`No code came: ${location} ${text}`);
  return code;
}

/** Returns the token request for a code, without client authentication. */
export const codeForm = (code: string): Form => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: redirectUri,
  code_verifier: verifier,
});

export const post = (clientId: string): Form => ({ client_id: clientId, client_secret: secret });
