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
    fix: 'Start all processes of the installation with one master key.',
  },
  requestInvalid: {
    ...wire,
    code: 'invalid_request',
    status: 400,
    description: 'The request is not in the expected form.',
    fix: 'Send the members that the console API documents, as texts.',
  },
  personUnknown: {
    ...wire,
    code: 'unknown_person',
    status: 404,
    description: 'The directory does not know this person.',
    fix: 'Name a person of the directory: alongside status.',
  },
  personDisabled: {
    ...wire,
    code: 'person_disabled',
    status: 422,
    description: 'This person is disabled and cannot sign in.',
    fix: 'Enable the person, or name another.',
  },
  directoryFailed: {
    ...wire,
    code: 'directory_unreachable',
    status: 503,
    description: 'The directory of people does not answer.',
    actor: 'operator',
    fix: 'Start CIS, or check that this process reaches its address.',
  },
  applicationUnknown: {
    ...wire,
    code: 'unknown_application',
    status: 404,
    description: 'There is no such application at the API platform.',
    fix: 'Name an application that is registered at the API platform: alongside app list.',
  },
  baseUnknown: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description: 'The application is not one of this base path.',
    fix: "Name the base path of the application's profile, or leave it out.",
  },
  tokensBound: {
    ...wire,
    code: 'tokens_bound',
    status: 422,
    description:
      'Access tokens of this application are bound to a key or certificate of its own: only its own request, with the proof, is given one.',
    source: 'FAPI 2.0 Security Profile section 5.3.2.1',
    fix: "Ask for the token with the application's own request and proof.",
  },
  baseMissing: {
    ...wire,
    code: 'unknown_base',
    status: 422,
    description:
      'There is no such base path at the API platform. There are /oauth2, /oauth2.1 and, in development, /oauth2-mock.',
    fix: 'Name /oauth2, /oauth2.1 or, in development, /oauth2-mock.',
  },
  unexpected: {
    ...wire,
    code: 'server_error',
    status: 500,
    description: 'Something went wrong here. The message_id finds the reason.',
    actor: 'operator',
    fix: 'Look for this id in the log of the authorisation service; report a defect with that line.',
  },
});
