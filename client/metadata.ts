import type { Clock } from './clock.ts';
import { checkedUrl } from './config.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { jsonObject, SharedCall, send } from './http.ts';
import { shown } from './secrets.ts';

/** The members of a provider's metadata that this library reads. // RFC 8414 section 2 */
export interface ServerMetadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint?: string;
  jwks_uri?: string;
  end_session_endpoint?: string;
  revocation_endpoint?: string;
  pushed_authorization_request_endpoint?: string;
  code_challenge_methods_supported?: string[];
  authorization_response_iss_parameter_supported?: boolean;
  claims_parameter_supported?: boolean;
}

/** The source of metadata. */
export interface MetadataSource {
  /** Compared byte for byte with the document. */
  issuer: string;
  /** The document's address, from the issuer by one of the two functions below. */
  url: string;
  fetch: Fetch;
  clock: Clock;
  /** Milliseconds for which a copy is used; an hour by default and at most. */
  maxAgeMs?: number;
}

const AN_HOUR_MS = 3_600_000;
const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'end_session_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
] as const;
const REQUIRED: readonly string[] = ['authorization_endpoint', 'token_endpoint'];

/** OpenID Connect Discovery 1.0 section 4: the suffix is appended to the issuer. */
export function openidConfigurationUrl(issuer: string): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;
}

/** RFC 8414 section 3.1: the suffix is inserted between the issuer's host and path. */
export function authorizationServerMetadataUrl(issuer: string): string {
  const [, origin, path = ''] = /^(https?:\/\/[^/?#]+)(\/[^?#]*)?$/.exec(issuer) ?? [];
  if (origin === undefined)
    throw new ClientError('settings_invalid', 'The issuer is not an http or https address.');
  return `${origin}/.well-known/oauth-authorization-server${path.endsWith('/') ? path.slice(0, -1) : path}`;
}

/** Fetches and caches metadata. The returned function throws `metadata_invalid` or an error of `send`. */
export function createMetadata(source: MetadataSource): (signal?: AbortSignal) => Promise<ServerMetadata> {
  const maxAgeMs = Math.min(source.maxAgeMs ?? AN_HOUR_MS, AN_HOUR_MS);
  let kept: { metadata: ServerMetadata; until: number } | undefined;

  const fetched = new SharedCall(async (signal) => {
    const answer = await send(source.fetch, { url: source.url, signal });
    const body = answer.status === 200 ? jsonObject(answer) : undefined;
    if (!body)
      throw new ClientError('metadata_invalid', `There is no metadata at ${source.url} (${answer.status}).`, {
        expected: 'status 200 with a JSON object',
        received: `status ${answer.status}`,
        advice: source.issuer.includes('/.well-known/')
          ? 'Set issuer without /.well-known/ and what follows: the library adds it.'
          : undefined,
      });
    const metadata = checkMetadata(body, source.issuer);
    kept = { metadata, until: source.clock.now() + maxAgeMs };
    return metadata;
  });

  return async (signal) => (kept && kept.until > source.clock.now() ? kept.metadata : fetched.result(signal));
}

/** Validates a metadata document against the expected issuer. Throws `metadata_invalid`. */
export function checkMetadata(document: object, issuer: string): ServerMetadata {
  const body: Record<string, unknown> = { ...document };
  requireMetadata(body, issuer);
  return body;
}

function requireMetadata(
  body: Record<string, unknown>,
  issuer: string,
): asserts body is typeof body & ServerMetadata {
  // RFC 8414 section 3.3: compared byte for byte without normalisation.
  if (body.issuer !== issuer)
    throw new ClientError(
      'metadata_invalid',
      `The metadata names the issuer ${shown(body.issuer)}; configured is "${issuer}". ` +
        'They must be the same, character by character.',
      { expected: issuer, received: shown(body.issuer) },
    );
  for (const name of ENDPOINTS) checkEndpoint(name, body[name]);
  const methods = body.code_challenge_methods_supported;
  if (
    methods !== undefined &&
    !(Array.isArray(methods) && methods.every((method) => typeof method === 'string'))
  ) {
    throw new ClientError(
      'metadata_invalid',
      'The metadata has a code_challenge_methods_supported that is no list.',
    );
  }
}

function checkEndpoint(name: string, value: unknown): void {
  if (value === undefined && !REQUIRED.includes(name)) return;
  try {
    checkedUrl(name, value);
  } catch (cause) {
    throw new ClientError('metadata_invalid', `The metadata has a ${name} that cannot be used.`, { cause });
  }
}
