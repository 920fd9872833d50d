/** What the pages of security keys, Windows Hello and passkeys say. `{thing}` is "your security key", for example. */
export const webAuthnSentences = {
  waiting: 'Waiting for {thing}. Do what your browser asks for.',
  done: 'Checking …',
  // By the names of the errors that browsers raise (WebAuthn sections 5.1.3 and 5.1.4.1).
  browser: {
    NotAllowedError: 'Nothing came from {thing}, or the time ran out. Try again.',
    InvalidStateError: 'You have set this one up already. Try again with another one.',
    NotSupportedError: 'This browser cannot use {thing}. Use another browser, or another way.',
    SecurityError: 'This browser does not let this address use {thing}. Ask your IT team.',
    ConstraintError: 'This one cannot do what is needed: it must ask for a PIN, a finger or a face.',
    other: 'The browser could not use {thing}. Try again.',
  },
  malformed: 'What your browser sent was not complete. Try again.',
  tooLate: 'That took too long, or it was sent twice. Try again.',
  unknown:
    'What your browser used is not known here. Try another one, or ask your registration authority to set it up.',
  refused: 'The answer of {thing} was not accepted. Try again, or use another way to sign in.',
  tooLow: 'That sign-in reaches level {level}, and {application} needs more. Choose another way to sign in.',
  notAdded: 'The answer of {thing} was not accepted. Try again, or use another one.',
  addedThird: 'It signs you in at level 3, the highest.',
  addedSecond: 'It signs you in at level 2. Applications that need level 3 will ask for another way.',
} as const;

/** A sentence with its words filled in. */
export const filled = (sentence: string, words: Readonly<Record<string, string | number>>): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(words[name] ?? whole));
