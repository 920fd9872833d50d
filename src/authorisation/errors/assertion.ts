import { bad, unknown, unsigned } from './kinds.ts';

const keys = { ...unsigned, status: 403 } as const;

/** What is wrong with a client assertion, in the published order (identity-service-api, Flow.PostTokenTokenExchange). */
export const assertionErrors = {
  assertionType: {
    ...bad,
    description:
      "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
  },
  assertionMissing: { ...bad, description: 'Missing client_assertion' },
  assertionMalformed: { ...bad, description: 'Malformed JWT in client_assertion' },
  assertionAlgorithm: {
    ...bad,
    description: "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
  },
  assertionExpired: { ...bad, description: "Invalid 'exp' claim in client_assertion JWT - JWT has expired" },
  assertionKidMissing: { ...bad, description: "Missing 'kid' header in client_assertion JWT" },
  assertionTyp: { ...bad, description: "Invalid 'typ' header in client_assertion JWT - must be 'JWT'" },
  assertionExpMissing: { ...bad, description: "Missing 'exp' claim in client_assertion JWT" },
  assertionExpInvalid: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - must be an integer",
  },
  assertionIssuer: {
    ...bad,
    description: "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT",
  },
  assertionJtiMissing: { ...bad, description: "Missing 'jti' claim in client_assertion JWT" },
  assertionJtiInvalid: {
    ...bad,
    description: "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
  },
  assertionJtiUsed: { ...bad, description: "Non-unique 'jti' claim in client_assertion JWT" },
  assertionExpFar: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
  },
  assertionSubject: { ...unknown, description: "Invalid 'iss'/'sub' claims in client_assertion JWT" },
  assertionNoKey: {
    ...keys,
    description:
      'You need to register a public key to use this authentication method - please contact support to configure',
  },
  assertionKeysUnreachable: {
    ...keys,
    description: "The JWKS endpoint, for your client_assertion can't be reached",
  },
  assertionKid: {
    ...unknown,
    description: "Invalid 'kid' header in client_assertion JWT - no matching public key",
  },
  assertionAudience: { ...unknown, description: "Missing or invalid 'aud' claim in client_assertion JWT" },
  assertionEarly: {
    ...bad,
    description: "Invalid 'nbf' claim in client_assertion JWT - not yet valid",
    source: 'RFC 7519 section 4.1.5',
  },
} as const;
