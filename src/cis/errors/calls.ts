import { catalogue } from '@alongside/kernel/errors';

const wire = 'CIS protocol';

/** Refusals of calls: their form, who makes them, sessions and the directory. */
export const callErrors = catalogue('cis', {
  bodyInvalid: {
    code: 'invalid_request',
    status: 400,
    description: 'The request is not in the form that CIS expects.',
    actor: 'developer',
    source: wire,
  },
  mediaType: {
    code: 'unsupported_media_type',
    status: 415,
    description: 'The body must be JSON.',
    actor: 'developer',
    source: 'RFC 9110 section 15.5.16',
  },
  sessionUnknown: {
    code: 'session_unknown',
    status: 404,
    description: 'There is no such session.',
    actor: 'agent',
    source: wire,
  },
  sessionEnded: {
    code: 'session_ended',
    status: 410,
    description: 'The session has ended.',
    actor: 'agent',
    source: wire,
  },
  proofInvalid: {
    code: 'invalid_proof',
    status: 401,
    description: 'The agent did not prove that it holds the key.',
    actor: 'agent',
    source: wire,
  },
  roleUnknown: {
    code: 'no_role',
    status: 422,
    description: 'The person does not have this role.',
    actor: 'agent',
    source: wire,
  },
  serviceUnknown: {
    code: 'invalid_token',
    status: 401,
    description: 'Only services of this installation may call this.',
    actor: 'operator',
    source: 'RFC 6750 section 3.1',
  },
  serviceForbidden: {
    code: 'insufficient_scope',
    status: 403,
    description: 'This service may not do that.',
    actor: 'operator',
    source: 'RFC 6750 section 3.1',
  },
  personInvalid: {
    code: 'invalid_person',
    status: 422,
    description: 'The person is not valid.',
    actor: 'developer',
    source: wire,
  },
  personExists: {
    code: 'person_exists',
    status: 409,
    description: 'There is a person with this uid or persona already.',
    actor: 'developer',
    source: wire,
  },
  personMissing: {
    code: 'not_found',
    status: 404,
    description: 'There is no person with this uid.',
    actor: 'developer',
    source: wire,
  },
  revisionChanged: {
    code: 'precondition_failed',
    status: 412,
    description: 'The person was changed meanwhile. Read it again.',
    actor: 'developer',
    source: 'RFC 9110 section 13.1.1',
  },
  tooManyRequests: {
    code: 'too_many_requests',
    status: 429,
    description: 'There were too many requests from this network address. Please wait a minute.',
    actor: 'agent',
    source: 'RFC 6585 section 4',
  },
});
