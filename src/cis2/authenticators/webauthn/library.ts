/** The library that verifies WebAuthn, loaded when somebody first needs it: it costs a quarter of a second of every start. */
export const webAuthnLibrary = () => import('@simplewebauthn/server');

/** Its helpers for attestation statements. */
export const webAuthnHelpers = () => import('@simplewebauthn/server/helpers');

/** COSE algorithms that we take (RFC 9053 section 2, RFC 8812 section 2): ES256, EdDSA, RS256. */
export const algorithms: readonly number[] = [-7, -8, -257];
