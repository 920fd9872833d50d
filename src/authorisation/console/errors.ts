import { catalogue } from '@alongside/kernel/errors';

const wire = { source: 'console interface' } as const;

/** Refusals to the console. */
export const errors = catalogue('authorisation.console', {
  serviceUnknown: {
    ...wire,
    code: 'service_unknown',
    status: 401,
    description: 'The caller is not the console of this installation.',
    actor: 'operator',
    source: 'RFC 6750 section 3.1',
    expected: 'the console of this installation',
    fix: 'Start all processes of the installation with the same master key.',
  },
  requestInvalid: {
    ...wire,
    code: 'invalid_request',
    status: 400,
    description: 'The request is not valid.',
    expected: 'the documented members, as text',
    fix: 'Send the documented members of the console API as text.',
  },
  personUnknown: {
    ...wire,
    code: 'unknown_person',
    status: 404,
    description: 'The directory does not know this person.',
    expected: 'a person of the directory',
    fix: 'Use a person of the directory: alongside status.',
  },
  personDisabled: {
    ...wire,
    code: 'person_disabled',
    status: 422,
    description: 'This person is disabled and cannot sign in.',
    expected: 'a person who is enabled',
    fix: 'Enable the person or use another one.',
  },
  deliveryUnknown: {
    ...wire,
    code: 'not_found',
    status: 404,
    description: 'There is no logout message of this id.',
    expected: 'a message of the last seven days',
    fix: 'Use an id of the list of logout messages.',
  },
  directoryFailed: {
    ...wire,
    code: 'directory_unreachable',
    status: 503,
    description: 'The directory of people does not respond.',
    actor: 'operator',
    expected: 'a response of CIS',
    fix: 'Start CIS and check that this process can reach its address.',
  },
  applicationUnknown: {
    ...wire,
    code: 'unknown_application',
    status: 404,
    description: 'No application with this id is registered at the API platform.',
    expected: 'the id of an application that is registered at the API platform',
    fix: 'Use the id of an application that is registered at the API platform: alongside app list.',
  },
  baseUnknown: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description: 'The application does not belong to this base path.',
    expected: "the base path of the application's profile",
    fix: "Use the base path of the application's profile, or omit base.",
  },
  tokensBound: {
    ...wire,
    code: 'tokens_bound',
    status: 422,
    description:
      'Access tokens of this application are bound to its key or certificate, so only its own request with the proof can get one.',
    source: 'FAPI 2.0 Security Profile section 5.3.2.1',
    expected: 'an application whose tokens are not bound to a key or a certificate',
    fix: 'Request the token from the application, with its proof.',
  },
  baseMissing: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description:
      'The API platform does not have this base path. It has /oauth2, /oauth2.1 and, in development, /oauth2-mock.',
    expected: '/oauth2, /oauth2.1 or, in development, /oauth2-mock',
    fix: 'Use /oauth2, /oauth2.1 or, in development, /oauth2-mock.',
  },
  unexpected: {
    ...wire,
    code: 'server_error',
    status: 500,
    description: 'An unexpected error occurred. Find its reason with the message_id.',
    actor: 'operator',
    expected: 'a response without an error',
    fix: 'Find this id in the log of the authorisation service and report that line as a defect.',
  },
});
