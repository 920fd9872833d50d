import type { Clock } from '@alongside/kernel/clock';
import { type Call, pathHere } from '@alongside/kernel/in-process';
import { jsonOrUndefined } from '@alongside/kernel/json';
import type { DecodedJwt, SigningAlgorithm } from '@alongside/kernel/jws';
import { OutboundError, type OutboundPolicy, outbound, type Purpose } from '@alongside/kernel/outbound';
import { signedBy, signedByNamedOrLone } from '../key-source.ts';
import type { RemoteKeys } from '../remote-keys.ts';
import type { Upstream } from './upstream.ts';

/** A failed call to a provider. The message is for the log. */
export class UpstreamFailure extends Error {
  override name = 'UpstreamFailure';
}

// The operator configures the providers, so private addresses are allowed.
const policy: OutboundPolicy = { privateAddresses: true };

function parse(body: string): Record<string, unknown> | undefined {
  const value = jsonOrUndefined(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

export interface UpstreamTokens {
  idToken: string;
  accessToken: string;
}

/** Calls an address of a provider, without a socket if the provider is in this process. Throws UpstreamFailure without a response. */
async function call(
  { here }: Pick<Upstream, 'here'>,
  address: string,
  request: Call & { purpose: Purpose },
): Promise<{ status: number; body: string }> {
  const path = pathHere(here, address);
  try {
    return await (here && path !== undefined ? here.ask(path, request) : outbound(address, policy, request));
  } catch (error) {
    if (error instanceof OutboundError)
      throw new UpstreamFailure(`${address} cannot be reached: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Exchanges the provider's code for its tokens (OpenID Connect Core section 3.1.3). Throws UpstreamFailure. */
export async function redeemCode(
  upstream: Upstream,
  request: { code: string; redirectUri: string; verifier: string | undefined },
): Promise<UpstreamTokens> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: request.code,
    redirect_uri: request.redirectUri,
    ...(await upstream.clientAuthentication()),
    ...(request.verifier === undefined ? {} : { code_verifier: request.verifier }),
  });
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'user-agent': 'APIM',
  };
  const { tokenUrl } = upstream;
  const { status, body } = await call(upstream, tokenUrl, {
    purpose: 'token' as const,
    method: 'POST' as const,
    headers,
    body: form.toString(),
  });
  const answer = parse(body);
  const { id_token: idToken, access_token: accessToken, error } = answer ?? {};
  if (status !== 200)
    throw new UpstreamFailure(`${tokenUrl} answered ${status} ${String(error ?? '')}`.trim());
  if (typeof idToken !== 'string' || typeof accessToken !== 'string')
    throw new UpstreamFailure(`${tokenUrl} answered without an ID token and an access token`);
  return { idToken, accessToken };
}

/** A provider with userinfo. */
export type UserinfoSource = Pick<Upstream, 'here'> & { readonly userinfoUrl: string };

/** Fetches userinfo and returns the response, whatever its status. Throws UpstreamFailure without a response. */
export async function fetchUserinfo(
  upstream: UserinfoSource,
  accessToken: string,
): Promise<{ status: number; body: string; claims: Record<string, unknown> | undefined }> {
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' };
  const { status, body } = await call(upstream, upstream.userinfoUrl, { purpose: 'userinfo', headers });
  return { status, body, claims: parse(body) };
}

/** Returns whether a provider's metadata lists S256 (RFC 8414 section 2); undefined if it cannot be read. */
async function listsS256(issuer: string): Promise<boolean | undefined> {
  try {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { status, body } = await outbound(address, policy, {
      purpose: 'discovery',
    });
    const methods = parse(body)?.code_challenge_methods_supported;
    if (status >= 500) return undefined;
    return status === 200 && Array.isArray(methods) && methods.includes('S256');
  } catch {
    return undefined;
  }
}

/** The algorithms that the published platform accepts from a provider. */
const published: readonly SigningAlgorithm[] = ['RS256', 'RS512'];

/**
 * Verifies a provider's signature with one of these algorithms, without `kid` by the only key that fits, if that is allowed. Throws
 * OutboundError if its keys cannot be fetched.
 */
export async function signedByProvider(
  { jwksUrl }: Upstream,
  jwt: DecodedJwt,
  keys: RemoteKeys,
  { algorithms = published, needsKid = true }: { algorithms?: typeof published; needsKid?: boolean } = {},
): Promise<'yes' | 'no' | 'unknown key'> {
  const { alg } = jwt.header;
  const allowed = algorithms.find((algorithm) => algorithm === alg);
  const source = { jwks: null, jwksUrl };
  // An unknown kid is reported first, as published.
  const signed = await (needsKid ? signedBy : signedByNamedOrLone)(source, jwt, allowed ?? 'RS256', keys);
  if (signed === 'unknown key') return signed;
  return signed === 'yes' && allowed !== undefined ? 'yes' : 'no';
}

/** Returns whether `aud` is this client alone. */
export const isFor = (aud: unknown, clientId: string): boolean =>
  aud === clientId || (Array.isArray(aud) && aud.length === 1 && aud[0] === clientId);

/** Milliseconds for which metadata is cached. */
const metadataFor = 3_600_000;

/** Returns whether to send both to a provider: as configured, or else if its metadata lists S256, read again after an hour. */
export function nonceAndPkce(
  { issuer, sendNonceAndPkce }: { issuer: string; sendNonceAndPkce?: boolean | undefined },
  clock: Clock,
): () => Promise<boolean> {
  if (sendNonceAndPkce !== undefined) return async () => sendNonceAndPkce;
  let known = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const lists = await listsS256(issuer);
    // A failed read changes nothing and is repeated at the next sign-in.
    if (lists === undefined) return;
    known = lists;
    readAt = clock.now();
  };
  return async () => {
    if (Math.abs(clock.now() - readAt) < metadataFor) return known;
    // Concurrent callers share one read.
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    return known;
  };
}
