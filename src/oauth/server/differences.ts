import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { keyMethods } from '../applications.ts';
import type { ProfileRules } from './profile.ts';
import type { AuthorizationServer } from './server.ts';

/** The settings of a server that its code takes from this table. */
interface ServerSettings
  extends Pick<AuthorizationServer, 'announcesNonces' | 'repeatable' | 'tokenHeaders'> {
  /** Methods with a secret, in the order of the metadata. */
  readonly secretMethods: readonly string[];
  /** Algorithms of assertions and request objects in `standard`, in the order of the metadata. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Whether a public client may show a certificate, and a request have `client_assertion_type` without an assertion. */
  readonly ambiguousAuthentication: 'allowed' | 'refused';
}

/**
 * The differences between the two authorization servers of this core, apart from the `nhs` profile, their texts, stores and step lists:
 * CIS2, and the API platform at `/oauth2.1`. Those of OpenID Connect are in `openid/providers.ts`.
 */
export const differences = {
  cis2: {
    secretMethods: ['client_secret_post', 'client_secret_basic'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256', 'EdDSA'],
    ambiguousAuthentication: 'refused',
    announcesNonces: 'to-proofs',
    repeatable: [],
    tokenHeaders: { pragma: 'no-cache' },
  },
  platform: {
    secretMethods: ['client_secret_basic', 'client_secret_post'],
    algorithms: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
    ambiguousAuthentication: 'allowed',
    announcesNonces: 'always',
    // RFC 8707 section 2, RFC 8693 section 2.1.
    repeatable: ['resource', 'audience'],
    tokenHeaders: {},
  },
} as const satisfies Readonly<Record<string, ServerSettings>>;

/** Returns the rules of `standard` and `fapi2`, which are the same at both servers except for the table above. */
export function profilesOf(
  { secretMethods, algorithms }: Pick<ServerSettings, 'secretMethods' | 'algorithms'>,
  requires: ProfileRules['requires'],
): Readonly<Record<'standard' | 'fapi2', ProfileRules>> {
  const standard: ProfileRules = {
    // `none` is last in the metadata, because some libraries only try the first.
    authenticationMethods: [...secretMethods, ...keyMethods, 'none'],
    algorithms,
    assertion: { audience: 'either', needsKid: false, needsJti: false, maxAhead: 3_600 },
    senderConstraint: 'allowed',
    requestObjects: 'allowed',
    pushedRequests: 'allowed',
    pkce: 'or-nonce',
    responseModes: ['query', 'fragment', 'form_post'],
    codeRetryTime: 10_000,
    refresh: { rotates: true, retryTime: 30_000 },
    requires,
  };
  // FAPI 2.0 Security Profile sections 5.3.2 and 5.4.
  const fapi2: ProfileRules = {
    ...standard,
    authenticationMethods: keyMethods,
    algorithms: ['PS256', 'ES256', 'EdDSA'],
    assertion: { audience: 'issuer', needsKid: false, needsJti: true, maxAhead: 300 },
    senderConstraint: 'required',
    // FAPI 2.0 Message Signing section 5.3.1.
    requestObjects: 'with-nbf',
    pushedRequests: 'required',
    pkce: 'required',
    codeRetryTime: 0,
    refresh: { rotates: false, retryTime: 0 },
  };
  return { standard, fapi2 };
}
