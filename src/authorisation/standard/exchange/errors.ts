const bad = {
  code: 'invalid_request',
  status: 400,
  actor: 'developer',
  source: 'RFC 8693 section 2.2.2',
} as const;

/** What is wrong with a token exchange. */
export const exchangeErrors = {
  exchangeMissing: {
    ...bad,
    description: 'A token or its type is missing.',
    source: 'RFC 8693 section 2.1',
  },
  exchangeType: {
    ...bad,
    description: 'A type of token is not supported.',
    source: 'RFC 8693 section 2.2.2',
  },
  subjectInvalid: {
    ...bad,
    description: 'The subject token is not valid.',
    source: 'RFC 8693 section 2.2.2',
  },
  actorInvalid: { ...bad, description: 'The actor token is not valid.', source: 'RFC 8693 section 2.2.2' },
  actorRefused: {
    ...bad,
    description: 'The actor may not act for the subject.',
    source: 'RFC 8693 section 4.4',
  },
} as const;
