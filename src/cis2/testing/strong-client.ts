import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { seconds } from '@alongside/kernel/clock';
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
import type { Cis2Registration } from '../../oauth/applications.ts';
import { clientAssertionType } from '../../oauth/client-assertion.ts';
import { form, type Reply, send } from './browser.ts';
import type { Instance } from './instance.ts';

export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** A DPoP key (RFC 9449). */
export interface Prover {
  jkt: string;
  privateKey: KeyObject;
  /** Returns a proof for this address. Undefined claims are omitted. */
  proof(method: string, url: string, claims?: JwtClaims, header?: object): Promise<string>;
}

export async function newProver(cis2: Instance, alg: SigningAlgorithm = 'ES256'): Promise<Prover> {
  const pair = await newKeyPair(alg);
  const privateKey = createPrivateKey(pair.privatePem);
  return {
    jkt: thumbprint(pair.publicJwk),
    privateKey,
    proof(htm, htu, claims = {}, header = {}) {
      const usual = { htm, htu, iat: seconds(cis2.clock), jti: uuid() };
      return signJwt(
        { alg, typ: 'dpop+jwt', jwk: pair.publicJwk, ...header } as never,
        { ...usual, ...claims },
        privateKey,
      );
    },
  };
}

/** Returns the claim that binds a proof to an access token. */
export const ath = (token: string): JwtClaims => ({ ath: sha256(token) });

/** A client of the profile `standard` or `fapi2` that authenticates with a key. */
export interface StrongClient {
  registration: Cis2Registration;
  publicJwk: JsonWebKey;
  privateKey: KeyObject;
  assertion(claims?: JwtClaims, header?: object): Promise<string>;
  requestObject(claims?: JwtClaims, header?: object, key?: KeyObject): Promise<string>;
  /** Returns the parameters of a usual authorization request. */
  ask(parameters?: Record<string, string | undefined>): Record<string, string>;
  post(path: string, values: Record<string, string>, headers?: OutgoingHttpHeaders): Promise<Reply>;
  push(parameters?: Record<string, string | undefined>, headers?: OutgoingHttpHeaders): Promise<Reply>;
  redeem(code: string, headers?: OutgoingHttpHeaders, more?: Record<string, string>): Promise<Reply>;
}

const present = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

export async function strongClient(
  cis2: Instance,
  registration: Partial<Cis2Registration> = {},
  alg: SigningAlgorithm = 'ES256',
): Promise<StrongClient> {
  const pair = await newKeyPair(alg);
  const privateKey = createPrivateKey(pair.privatePem);
  const publicJwk = { ...pair.publicJwk, kid: 'key-1' };
  const client = await cis2.register({
    profile: 'standard',
    tokenEndpointAuthMethod: 'private_key_jwt',
    signingAlg: alg,
    jwks: { keys: [publicJwk] },
    ...registration,
  });
  const { clientId } = client;
  const now = () => seconds(cis2.clock);
  const sign = (typ: string, claims: JwtClaims, header: object, key = privateKey) =>
    signJwt({ alg, kid: 'key-1', typ, ...header } as never, claims, key);
  const strong: StrongClient = {
    registration: client,
    publicJwk,
    privateKey,
    assertion: (claims = {}, header = {}) =>
      sign(
        'JWT',
        { iss: clientId, sub: clientId, aud: cis2.issuer, jti: uuid(), exp: now() + 60, ...claims },
        header,
      ),
    requestObject: (claims = {}, header = {}, key = privateKey) =>
      sign(
        'oauth-authz-req+jwt',
        {
          iss: clientId,
          aud: cis2.issuer,
          nbf: now(),
          exp: now() + 60,
          ...strong.ask(),
          ...claims,
        },
        header,
        key,
      ),
    ask: (parameters = {}) =>
      present({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: client.redirectUris[0],
        scope: 'openid',
        state: 'state-1',
        nonce: 'nonce-1',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        ...parameters,
      }),
    async post(path, values, headers = {}) {
      const proved: Record<string, string> =
        client.tokenEndpointAuthMethod === 'private_key_jwt'
          ? { client_assertion_type: clientAssertionType, client_assertion: await strong.assertion() }
          : { client_id: clientId };
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      return send('POST', `${cis2.issuer}${path}`, { ...type, ...headers }, form({ ...proved, ...values }));
    },
    push: (parameters, headers) => strong.post('/par', strong.ask(parameters), headers),
    redeem: (code, headers, more = {}) =>
      strong.post(
        '/access_token',
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: client.redirectUris[0] ?? '',
          code_verifier: verifier,
          ...more,
        },
        headers,
      ),
  };
  return strong;
}

/** The `request_uri` of a pushed request. */
export const requestUriOf = ({ body }: Reply): string =>
  String((JSON.parse(body) as { request_uri?: unknown }).request_uri);

/** The address with which a browser begins a pushed or signed request. */
export const beginWith = (
  cis2: Instance,
  { registration }: StrongClient,
  more: Record<string, string>,
): string => `${cis2.issuer}/authorize?${new URLSearchParams({ client_id: registration.clientId, ...more })}`;
