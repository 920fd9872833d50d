import { JWT_BEARER, signClientAssertion } from './client-assertion.ts';
import type { Clock } from './clock.ts';
import { checkedText } from './config.ts';
import { ClientError } from './errors.ts';
import type { SigningAlgorithm, SigningKey } from './keys.ts';
import { readSigningKey } from './keys.ts';

/** How an application authenticates at CIS2's token endpoint. */
export type ClientAuthentication =
  | { method: 'client_secret_post'; clientSecret: string }
  | { method: 'client_secret_basic'; clientSecret: string }
  | {
      method: 'private_key_jwt';
      key: SigningKey;
      /** The registered algorithm; RS512 by default. */
      alg?: SigningAlgorithm;
      /** The audience; by default exactly the token endpoint's address. */
      audience?: string;
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
