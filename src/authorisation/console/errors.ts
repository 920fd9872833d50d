import { catalogue } from '@alongside/kernel/errors';

const wire = { actor: 'developer', source: 'console interface' } as const;

/** Every refusal that only the console sees. */
export const errors = catalogue('authorisation.console', {
  serviceUnknown: {
    ...wire,
    code: 'service_unknown',
    status: 401,
    description: 'The caller is not the console of this installation.',
    actor: 'operator',
    source: 'RFC 6750 section 3.1',
  },
  requestInvalid: {
    ...wire,
    code: 'invalid_request',
    status: 400,
    description: 'The request is not in the expected form.',
  },
  personUnknown: {
    ...wire,
    code: 'unknown_person',
    status: 404,
    description: 'The directory does not know this person.',
  },
  personDisabled: {
    ...wire,
    code: 'person_disabled',
    status: 422,
    description: 'This person is disabled and cannot sign in.',
  },
  directoryFailed: {
    ...wire,
    code: 'directory_unreachable',
    status: 503,
    description: 'The directory of people does not answer.',
    actor: 'operator',
  },
  applicationUnknown: {
    ...wire,
    code: 'unknown_application',
    status: 404,
    description: 'There is no such application at the API platform.',
  },
  baseUnknown: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description: 'The application is not one of this base path.',
  },
  tokensBound: {
    ...wire,
    code: 'tokens_bound',
    status: 422,
    description:
      'Access tokens of this application are bound to a key or certificate of its own: only its own request, with the proof, is given one.',
    source: 'FAPI 2.0 Security Profile section 5.3.2.1',
  },
  baseMissing: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description:
      'There is no such base path at the API platform. There are /oauth2, /oauth2.1 and, in development, /oauth2-mock.',
  },
  refusalUnknown: {
    ...wire,
    code: 'unknown_message',
    status: 404,
    description: 'Nothing is kept under this message id. Reasons are kept for seven days.',
  },
  unexpected: {
    ...wire,
    code: 'server_error',
    status: 500,
    description: 'Something went wrong here. The message_id finds the reason.',
    actor: 'operator',
  },
});
