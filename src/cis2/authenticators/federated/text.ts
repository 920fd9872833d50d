/** `{provider}` is the name of the provider. */
export const federatedText = {
  hint: 'You sign in at {provider} and come back.',
  enrolmentHint: 'An account at {provider}.',
  problems: {
    denied: 'You did not sign in at {provider}. Try again, or choose another way to sign in.',
    unreachable: '{provider} does not respond. Try again in a moment, or choose another way to sign in.',
    refused: 'We could not use the response of {provider}. Try again, or choose another way to sign in.',
    lost: 'This took too long, or you started it in another browser. Try again.',
    tooLow:
      '{provider} signed you in without a second factor, and you need one. Choose another way to sign in.',
    unlinked:
      'Your account at {provider} is not linked to your care identity. Ask your registration authority for a link.',
  },
  enrolment: {
    title: 'Link your account at {provider}',
    lead: 'Sign in at {provider} once now. Then you can use that account to sign in here.',
    button: 'Sign in at {provider}',
    taken: 'That account is already linked. Use another one, or ask your registration authority.',
    added: 'You can now sign in through {provider}.',
  },
};
