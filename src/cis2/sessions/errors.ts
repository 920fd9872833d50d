import { catalogue } from '@alongside/kernel/errors';

/** Errors of calls that report an exchange or an ended session. */
export const sessionErrors = catalogue('cis2', {
  exchangeMalformed: {
    status: 400,
    code: 'invalid_request',
    description: 'The exchange is not well-formed.',
    source: 'hand-off protocol',
    expected: 'the exchange of an Identity Agent of this version',
    fix: 'Use an Identity Agent of the version of this instance.',
  },
  serviceUnknown: {
    status: 401,
    actor: 'operator',
    code: 'invalid_token',
    description: 'Only CIS may call this.',
    source: 'RFC 6750 section 3.1',
    expected: 'CIS of this installation',
    fix: 'Start all processes of the installation with one master key.',
  },
});
