/** What is wrong with who sends a token, where its record is in order: whom it is bound to, where it may be used, whose it is. */
export const senderFaults = {
  boundToken: {
    code: 'bound_token',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: 'RFC 9449 section 7.2',
  },
  unboundToken: {
    code: 'unbound_token',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: 'RFC 9449 section 7.1',
  },
  wrongCertificate: {
    code: 'wrong_certificate',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: 'RFC 8705 section 3',
  },
  wrongAudience: {
    code: 'wrong_audience',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: 'RFC 9068 section 4, RFC 8707 section 2',
  },
  missingProof: {
    code: 'missing_proof',
    status: 401,
    description: 'Missing DPoP proof',
    actor: 'developer',
    source: 'RFC 9449 section 7.1',
  },
  invalidProof: {
    code: 'invalid_proof',
    status: 401,
    description: 'Invalid DPoP proof',
    actor: 'developer',
    source: 'RFC 9449 sections 4.3 and 7.1',
  },
  nonceRequired: {
    code: 'nonce_required',
    status: 401,
    description: 'The DPoP proof needs the nonce of the header DPoP-Nonce',
    actor: 'developer',
    source: 'RFC 9449 section 9',
  },
  personDisabled: {
    code: 'person_disabled',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'user',
    source: 'OWASP ASVS 5.0, 7.4.2',
  },
} as const;
