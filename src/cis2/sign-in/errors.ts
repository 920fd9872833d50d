import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

/** Signing in at pages of CIS2. */
export const signInErrors = catalogue('cis2', {
  busy: {
    status: 503,
    actor: 'operator',
    code: 'temporarily_unavailable',
    description: english.errors.busy,
    source: 'RFC 9110 section 15.6.4',
    fix: 'Try again in a minute. The operator can look for a flood of sign-ins in the log.',
  },
  tooManyRows: {
    status: 429,
    actor: 'user',
    code: 'temporarily_unavailable',
    description: english.errors.tooManyRows,
    source: 'RFC 6585 section 4',
    fix: 'Wait a minute, then start again from the application.',
  },
});
