import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { checkedText } from './config.ts';
import { ClientError } from './errors.ts';
import { compactJws } from './jws.ts';
import { readSigningKey, type SigningAlgorithm, type SigningKey } from './keys.ts';

/** The value of `client_assertion_type`. // RFC 7523 section 2.2 */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Claims of a client assertion. */
export interface ClientAssertionSettings {
  clientId: string;
  /** The address of the token endpoint, or the issuer in profiles that require it. */
  audience: string;
  key: SigningKey;
  alg: SigningAlgorithm;
  clock: Clock;
}

// The services refuse more than 300 s; the difference allows for a fast clock.
const LIFETIME_SECONDS = 240;

/** Signs a client assertion with a new `jti`, valid for one call. // RFC 7523 section 3 */
export async function signClientAssertion(settings: ClientAssertionSettings): Promise<string> {
  const { clientId, audience, alg } = settings;
  const { kid, sign } = readSigningKey('key', settings.key, alg);
  const iat = Math.floor(settings.clock.now() / 1000);
  const exp = iat + LIFETIME_SECONDS;
  const claims = { jti: randomUUID(), iss: clientId, sub: clientId, aud: audience, iat, exp };
  return compactJws({ alg, kid, typ: 'JWT' }, claims, sign);
}

/** How an application authenticates at CIS2's token endpoint. */
export type ClientAuthentication =
  /** A public client, such as a native application: needs a provider with PKCE. */
  | { method: 'none' }
  | { method: 'client_secret_post'; clientSecret: string }
  | { method: 'client_secret_basic'; clientSecret: string }
  | {
      method: 'private_key_jwt';
      key: SigningKey;
      /** The registered algorithm; RS512 by default. */
      alg?: SigningAlgorithm | undefined;
      /** The audience; by default exactly the token endpoint's address. */
      audience?: string | undefined;
    };

/** Parameters and headers to add to a token request. */
export interface AuthenticationParts {
  form: Record<string, string>;
  headers: Record<string, string>;
}

interface Call {
  clientId: string;
  tokenUrl: string;
  clock: Clock;
}

interface Method<A extends ClientAuthentication> {
  check(authentication: A): void;
  parts(authentication: A, call: Call): AuthenticationParts | Promise<AuthenticationParts>;
}

type Settings = {
  [M in ClientAuthentication['method']]: Extract<ClientAuthentication, { method: M }>;
};

const methods: { [M in keyof Settings]: Method<Settings[M]> } = {
  none: {
    check: () => undefined,
    parts: (_authentication, { clientId }) => ({ form: { client_id: clientId }, headers: {} }),
  },
  client_secret_post: {
    check: (authentication) => checkedText('authentication.clientSecret', authentication.clientSecret),
    parts: ({ clientSecret }, { clientId }) => ({
      form: { client_id: clientId, client_secret: clientSecret },
      headers: {},
    }),
  },
  client_secret_basic: {
    check: (authentication) => checkedText('authentication.clientSecret', authentication.clientSecret),
    // RFC 6749 section 2.3.1: both values are form-encoded before they are joined.
    parts: ({ clientSecret }, { clientId }) => ({
      form: {},
      headers: { authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}` },
    }),
  },
  private_key_jwt: {
    check: ({ key, alg = 'RS512' }) => readSigningKey('authentication.key', key, alg),
    parts: async ({ key, alg = 'RS512', audience }, { clientId, tokenUrl, clock }) => ({
      form: {
        client_id: clientId,
        client_assertion_type: JWT_BEARER,
        client_assertion: await signClientAssertion({
          clientId,
          audience: audience ?? tokenUrl,
          key,
          alg,
          clock,
        }),
      },
      headers: {},
    }),
  },
};

/** Validates the settings of client authentication. Throws `settings_invalid`. */
export function checkAuthentication<M extends keyof Settings>(
  authentication: Settings[M] & { method: M },
): void {
  requireMethod(authentication?.method);
  methods[authentication.method].check(authentication);
}

/** Returns the form parameters and headers that authenticate one token request. */
export async function authenticationParts<M extends keyof Settings>(
  authentication: Settings[M] & { method: M },
  call: Call,
): Promise<AuthenticationParts> {
  requireMethod(authentication?.method);
  return methods[authentication.method].parts(authentication, call);
}

function requireMethod(name: string): void {
  if (Object.hasOwn(methods, name)) return;
  throw new ClientError(
    'settings_invalid',
    `The setting authentication.method must be one of ${Object.keys(methods)}.`,
  );
}

function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}
