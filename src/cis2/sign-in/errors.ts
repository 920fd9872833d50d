import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

/** Errors of a sign-in in the browser. */
export const signInErrors = catalogue('cis2', {
  busy: {
    status: 503,
    actor: 'operator',
    code: 'temporarily_unavailable',
    description: english.errors.busy,
    source: 'RFC 9110 section 15.6.4',
    expected: 'fewer sign-ins in progress',
    fix: 'Try again in a minute. The operator can look for a flood of sign-ins in the log.',
  },
  interactionUnknown: {
    status: 400,
    code: 'invalid_request',
    actor: 'user',
    description: english.errors.interactionUnknown,
    source: 'RFC 9700 section 4.7',
    expected: 'an unfinished sign-in in the same browser',
    fix: 'Start again from the application, in the same browser.',
  },
  returnRefused: {
    status: 403,
    actor: 'user',
    code: 'access_denied',
    description: english.errors.returnRefused,
    source: 'Web eID system architecture, session binding',
    expected: 'an unused return in the browser of the sign-in',
    fix: 'Start again from the application, in one browser.',
  },
  sessionEnded: {
    status: 403,
    actor: 'user',
    code: 'session_ended',
    description: english.errors.sessionEnded,
    source: 'hand-off protocol',
    expected: 'a smartcard session that has not ended',
    fix: 'Insert the smartcard and sign in again.',
  },
});
