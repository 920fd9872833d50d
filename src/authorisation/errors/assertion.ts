import { bad, unknown, unsigned } from './kinds.ts';

const keys = { ...unsigned, status: 403 } as const;

/** Refusals of a client assertion, in the published order (identity-service-api, Flow.PostTokenTokenExchange). */
export const assertionErrors = {
  assertionType: {
    ...bad,
    description:
      "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
    expected: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    fix: 'Set client_assertion_type to urn:ietf:params:oauth:client-assertion-type:jwt-bearer.',
  },
  assertionMissing: {
    ...bad,
    description: 'Missing client_assertion',
    expected: 'a client_assertion in the form',
    fix: 'Add client_assertion to the form.',
  },
  assertionMalformed: {
    ...bad,
    description: 'Malformed JWT in client_assertion',
    expected: 'a compact JWS: three base64url parts, separated by dots',
    fix: 'Send client_assertion as a compact JWS: three base64url parts, separated by dots.',
  },
  assertionAlgorithm: {
    ...bad,
    description: "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
    expected: 'RS512',
    fix: 'Sign the assertion with RS512.',
  },
  assertionExpired: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - JWT has expired",
    expected: 'a time in the future, at most 5 minutes from now',
    fix: 'Create a new assertion for each request. Synchronise the clock of the client.',
  },
  assertionKidMissing: {
    ...bad,
    description: "Missing 'kid' header in client_assertion JWT",
    expected: 'a header kid in the assertion',
    fix: 'Add the header kid with the id of the registered key.',
  },
  assertionTyp: {
    ...bad,
    description: "Invalid 'typ' header in client_assertion JWT - must be 'JWT'",
    expected: 'JWT',
    fix: 'Set the header typ to JWT.',
  },
  assertionExpMissing: {
    ...bad,
    description: "Missing 'exp' claim in client_assertion JWT",
    expected: 'a claim exp in the assertion',
    fix: 'Add the claim exp, at most 5 minutes from now.',
  },
  assertionExpInvalid: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - must be an integer",
    expected: 'a whole number of seconds since 1970',
    fix: 'Send exp as a whole number of seconds since 1970, not as text or milliseconds.',
  },
  assertionIssuer: {
    ...bad,
    description: "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT",
    expected: 'iss and sub both the API key of the application',
    fix: 'Set iss and sub both to the API key of the application.',
  },
  assertionJtiMissing: {
    ...bad,
    description: "Missing 'jti' claim in client_assertion JWT",
    expected: 'a claim jti in the assertion',
    fix: 'Add the claim jti with a new UUID for each assertion.',
  },
  assertionJtiInvalid: {
    ...bad,
    description: "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
    expected: 'a text that is different for each assertion, such as a UUID',
    fix: 'Set jti to a new UUID for each assertion.',
  },
  assertionJtiUsed: {
    ...bad,
    description: "Non-unique 'jti' claim in client_assertion JWT",
    expected: 'a jti that was not used before',
    fix: 'Create a new assertion with a new jti for each request, also for a retry.',
  },
  assertionExpFar: {
    ...bad,
    description: "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
    expected: 'a time at most 5 minutes from now',
    fix: 'Set exp to at most 5 minutes from now. Synchronise the clock of the client.',
  },
  assertionSubject: {
    ...unknown,
    description: "Invalid 'iss'/'sub' claims in client_assertion JWT",
    expected: 'the API key of an application of this base path',
    fix: 'Set iss and sub to the API key of an application of this base path.',
  },
  assertionNoKey: {
    ...keys,
    description:
      'You need to register a public key to use this authentication method - please contact support to configure',
    expected: 'an application with a registered public key or JWKS URL',
    fix: 'Register a public key or a JWKS URL for the application.',
  },
  assertionKeysUnreachable: {
    ...keys,
    description: "The JWKS endpoint, for your client_assertion can't be reached",
    expected: 'a key set at the registered JWKS URL',
    fix: 'Serve the registered JWKS URL over HTTPS to this instance, or register the key set itself.',
  },
  assertionKid: {
    ...unknown,
    description: "Invalid 'kid' header in client_assertion JWT - no matching public key",
    expected: 'the kid of a registered key',
    fix: 'Register the public key with this kid, or set kid to that of a registered key.',
  },
  assertionAudience: {
    ...unknown,
    description: "Missing or invalid 'aud' claim in client_assertion JWT",
    expected: 'the URL of the token endpoint, as one text',
    fix: 'Set aud to the URL of the token endpoint, as a single string.',
  },
  assertionEarly: {
    ...bad,
    description: "Invalid 'nbf' claim in client_assertion JWT - not yet valid",
    source: 'RFC 7519 section 4.1.5',
    expected: 'no nbf, or a time in the past',
    fix: 'Omit nbf or set it to a past time. Synchronise the clock of the client.',
  },
} as const;
