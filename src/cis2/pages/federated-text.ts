/** What is said about sign-ins at another provider. `{provider}` is its name. */
export const federatedSentences = {
  denied: 'You did not sign in at {provider}. Try again, or choose another way.',
  unreachable: '{provider} does not answer. Try again in a moment, or choose another way.',
  refused: 'What {provider} sent could not be used. Try again, or choose another way.',
  lost: 'That took too long, or was begun elsewhere. Try again.',
  tooLow: '{provider} signed you in without a second factor, and one is needed. Choose another way.',
  unlinked:
    'Your account at {provider} is not linked to your care identity. Ask your registration authority for a link.',
  enrolment: {
    title: 'Link your account at {provider}',
    lead: 'You sign in at {provider} once now. From then on, whoever signs in with that account there is you here.',
    button: 'Sign in at {provider}',
    taken: 'That account is linked already. Use another one, or ask your registration authority.',
    added: 'From now on you can sign in through {provider}.',
  },
} as const;
