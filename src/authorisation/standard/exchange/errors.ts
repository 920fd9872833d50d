const bad = {
  code: 'invalid_request',
  status: 400,
  actor: 'developer',
  source: 'RFC 8693 section 2.2.2',
} as const;

export const exchangeErrors = {
  exchangeMissing: {
    ...bad,
    description: 'A token or its type is missing.',
    source: 'RFC 8693 section 2.1',
    expected: 'subject_token and subject_token_type',
    fix: 'Add subject_token and subject_token_type.',
  },
  exchangeType: {
    ...bad,
    description: 'A type of token is not supported.',
    source: 'RFC 8693 section 2.2.2',
    expected: 'a token type of the metadata',
    fix: 'Use the token types that the metadata of this service names.',
  },
  subjectInvalid: {
    ...bad,
    description: 'The subject token is not valid.',
    source: 'RFC 8693 section 2.2.2',
    expected: 'a valid ID token that a configured provider issued to this application',
    fix: 'Send a valid, unexpired ID token that a configured provider issued to this application.',
  },
  actorInvalid: {
    ...bad,
    description: 'The actor token is not valid.',
    source: 'RFC 8693 section 2.2.2',
    expected: 'a valid actor token of a configured provider',
    fix: 'Send a valid, unexpired actor token of a configured provider.',
  },
  actorRefused: {
    ...bad,
    description: 'The actor may not act for the subject.',
    source: 'RFC 8693 section 4.4',
    expected: 'an actor token of the person whom may_act names',
    fix: 'Send an actor token of the person whom may_act of the subject token names.',
  },
} as const;
