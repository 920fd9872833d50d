import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { type JsonWebKey, type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { clientAssertionType } from '../../oauth/client-assertion.ts';
import { api, changed, type Platform, type Reply } from './platform.ts';

/** A key of a client, and its public half as it is registered. */
export interface ClientKey {
  key: KeyObject;
  jwk: JsonWebKey;
}

export async function newClientKey(kid: string, algorithm: SigningAlgorithm = 'RS512'): Promise<ClientKey> {
  const { privatePem, publicJwk } = await newKeyPair(algorithm);
  return { key: createPrivateKey(privatePem), jwk: { ...publicJwk, kid } };
}

export interface AssertionOptions {
  id: string;
  audience: string;
  clock: Clock;
  signer: ClientKey;
  kid?: string;
  /** Replace members; undefined takes one away. */
  claims?: JwtClaims;
  header?: Record<string, unknown>;
  algorithm?: SigningAlgorithm;
}

/** A client assertion as suppliers make it. */
export async function assertionOf(options: AssertionOptions): Promise<string> {
  const {
    id,
    audience,
    clock,
    signer,
    kid = String(signer.jwk.kid),
    claims,
    header,
    algorithm = 'RS512',
  } = options;
  const clientId = `key-of-${id}`;
  const usual = { iss: clientId, sub: clientId, aud: audience, jti: uuid(), exp: seconds(clock) + 300 };
  const clean = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const head = clean({ alg: algorithm, typ: 'JWT', kid, ...header }) as { alg: SigningAlgorithm };
  // A header may claim any algorithm; what signs is the one that was chosen.
  const signed = await signJwt({ ...head, alg: algorithm }, clean({ ...usual, ...claims }), signer.key);
  if (header?.alg === undefined) return signed;
  const [, body = '', signature = ''] = signed.split('.');
  return `${Buffer.from(JSON.stringify(clean({ ...head, ...header }))).toString('base64url')}.${body}.${signature}`;
}

/** The parameters that carry an assertion. */
export const withAssertion = (assertion: string): Record<string, string> => ({
  client_assertion_type: clientAssertionType,
  client_assertion: assertion,
});

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

type Change = Record<string, string | undefined>;

/** Returns a function that sends an exchange by a client, of an ID token that was made for an audience. */
export const exchangeAt =
  (platform: Platform, signer: ClientKey) =>
  async (
    {
      id = 'separate',
      base = '/oauth2',
      audience = 'separate.apps.test',
      token,
    }: { id?: string; base?: string; audience?: string; token?: string } = {},
    change: Change = {},
  ): Promise<Reply> => {
    const assertion = await assertionOf({
      id,
      audience: `${api}${base}/token`,
      clock: platform.clock,
      signer,
    });
    const form = {
      grant_type: exchangeGrant,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: token ?? (await platform.provider.idTokenFor(platform.provider.state.person, audience)),
      ...withAssertion(assertion),
    };
    return platform.post(`${base}/token`, changed(form, change));
  };

/** Returns a function that sends a request by client credentials to `/oauth2`. */
export const clientCredentialsAt =
  (platform: Platform, signer: ClientKey) =>
  async (options: Partial<AssertionOptions> = {}, change: Change = {}): Promise<Reply> => {
    const usual = { id: 'separate', audience: `${api}/oauth2/token`, clock: platform.clock, signer };
    const form = {
      grant_type: 'client_credentials',
      ...withAssertion(await assertionOf({ ...usual, ...options })),
    };
    return platform.post('/oauth2/token', changed(form, change));
  };
