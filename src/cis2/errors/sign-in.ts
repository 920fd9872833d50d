import { catalogue } from '@alongside/kernel/errors';

/** Signing in at pages of CIS2. */
export const signInErrors = catalogue('cis2', {
  busy: {
    status: 503,
    actor: 'operator',
    code: 'temporarily_unavailable',
    description: 'Too many people sign in at this moment. Wait a little and try again.',
    source: 'RFC 9110 section 15.6.4',
  },
});
