import assert from 'node:assert/strict';
import { sha256 } from '@alongside/kernel/secrets';
import { scopes, secretOf } from './applications.ts';
import { assertionOf, type ClientKey, newClientKey, withAssertion } from './assertions.ts';
import { throughBrowser } from './journeys.ts';
import { api, changed, type Platform, type PlatformOptions, type Reply, startPlatform } from './platform.ts';

export const standardIssuer = `${api}/oauth2.1`;
const verifier = 'v'.repeat(43);

type Change = Record<string, string | undefined>;

/** The clients of the standard profile, and what they do. */
export interface StandardClient {
  platform: Platform;
  /** RS512 and ES256, registered with `signing`. */
  signer: ClientKey;
  elliptic: ClientKey;
  callbackOf(id: string): string;
  /** How a client proves itself: nothing, a secret, an assertion. */
  credentials(id: string): Promise<Record<string, string>>;
  /** The parameters of an authorization request. */
  requestOf(id: string, change?: Change): Record<string, string>;
  codeOf(id: string, scope?: string, change?: Change): Promise<string>;
  redeem(id: string, code: string, change?: Change, headers?: Record<string, string>): Promise<Reply>;
  refresh(id: string, token: string, change?: Change, headers?: Record<string, string>): Promise<Reply>;
  tokensOf(id: string): Promise<{ access_token: string; refresh_token: string }>;
}

const callbackOf = (id: string) =>
  id === 'native' ? 'http://127.0.0.1:43210/callback' : `https://${id}.test/callback`;

/** Returns the parameters of an authorization request. */
export const requestOf = (id: string, change: Change = {}): Record<string, string> =>
  changed(
    {
      client_id: `key-of-${id}`,
      redirect_uri: callbackOf(id),
      response_type: 'code',
      scope: scopes.aal3,
      code_challenge: sha256(verifier),
      code_challenge_method: 'S256',
    },
    change,
  );

export async function startStandardClient(options: PlatformOptions = {}): Promise<StandardClient> {
  const [signer, elliptic] = await Promise.all([newClientKey('test-1'), newClientKey('test-ec', 'ES256')]);
  const platform = await startPlatform({ keys: [signer.jwk, elliptic.jwk], ...options });

  const credentials = async (id: string): Promise<Record<string, string>> => {
    if (id === 'native') return { client_id: 'key-of-native' };
    if (id !== 'signing' && id !== 'strict')
      return { client_id: `key-of-${id}`, client_secret: secretOf(id) };
    const own = id === 'strict' ? ({ signer: elliptic, algorithm: 'ES256' } as const) : { signer };
    return withAssertion(await assertionOf({ id, audience: standardIssuer, clock: platform.clock, ...own }));
  };
  const codeOf = async (id: string, scope = scopes.aal3, change: Change = {}): Promise<string> => {
    const request = requestOf(id, { scope, ...change });
    const { location } = await throughBrowser(platform, '/oauth2.1/authorize', request);
    return location?.searchParams.get('code') ?? '';
  };
  const redeem = async (id: string, code: string, change: Change = {}, headers = {}) => {
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackOf(id),
      code_verifier: verifier,
    };
    return platform.post(
      '/oauth2.1/token',
      changed({ ...form, ...(await credentials(id)) }, change),
      headers,
    );
  };
  const refresh = async (id: string, token: string, change: Change = {}, headers = {}) => {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    return platform.post(
      '/oauth2.1/token',
      changed({ ...form, ...(await credentials(id)) }, change),
      headers,
    );
  };
  const tokensOf = async (id: string) => {
    const { status, body, text } = await redeem(id, await codeOf(id));
    assert.equal(status, 200, text);
    return body as { access_token: string; refresh_token: string };
  };
  return {
    platform,
    signer,
    elliptic,
    callbackOf,
    credentials,
    requestOf,
    codeOf,
    redeem,
    refresh,
    tokensOf,
  };
}
