import { catalogue } from '@alongside/kernel/errors';

/** Errors of the console API. */
export const administrationErrors = catalogue('cis2', {
  sessionUnknown: {
    status: 404,
    code: 'not_found',
    description: 'No live session has this sid.',
    source: 'RFC 9110 section 15.5.5',
    expected: 'the sid of a live session',
    fix: 'Send the sid of a live session: alongside session list.',
  },
  deliveryUnknown: {
    status: 404,
    code: 'not_found',
    description: 'No delivery has this id, or it is being sent at this moment.',
    source: 'RFC 9110 section 15.5.5',
    expected: 'the id of a delivery that is not being sent',
    fix: 'Read the list of deliveries again. Retry when it is no longer being sent.',
  },
  queryInvalid: {
    status: 400,
    code: 'invalid_request',
    description: 'The query is not valid.',
    source: 'RFC 9110 section 15.5.1',
    expected: 'the documented parameters',
    fix: 'Correct the query as the reason describes.',
  },
  consoleUnknown: {
    status: 401,
    actor: 'operator',
    code: 'invalid_token',
    description: 'Only the console may call this.',
    source: 'RFC 6750 section 3.1',
    expected: 'the console of this installation',
    fix: 'Start all processes of the installation with one master key.',
  },
  kindUnknown: {
    status: 422,
    code: 'unknown_kind',
    description: 'No authenticator of this kind can be set up.',
    source: 'RFC 9110 section 15.5.21',
    expected: 'a kind of authenticator that can be set up',
    fix: 'Send a kind of authenticator that can be set up: alongside authenticator --help.',
  },
  personUnknown: {
    status: 404,
    code: 'not_found',
    description: 'No person has this uid, or the person is disabled.',
    source: 'RFC 9110 section 15.5.5',
    expected: 'the uid of a person who is enabled',
    fix: 'Send the uid of a person who is not disabled. List them: alongside status.',
  },
  officerRefused: {
    status: 403,
    actor: 'user',
    code: 'access_denied',
    description: 'Only a registration authority manager or agent may do this, and not for themselves.',
    source: 'NIST SP 800-63B-4 section 4.1.2',
    expected: 'a registration authority manager or agent who acts for another person',
    fix: 'Ask a registration authority manager or agent, who cannot act for themselves.',
  },
});
