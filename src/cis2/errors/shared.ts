import { catalogue } from '@alongside/kernel/errors';
import { english } from '../text/english.ts';

/** Errors of any endpoint. */
export const sharedErrors = catalogue('cis2', {
  cisUnreachable: {
    status: 502,
    actor: 'operator',
    code: 'cis_unreachable',
    description: english.errors.cisUnreachable,
    source: 'RFC 9110 section 15.6.3',
    expected: 'a response of CIS',
    fix: 'Start CIS, or check that this process reaches its address.',
  },
  tooManyRows: {
    status: 429,
    actor: 'user',
    code: 'temporarily_unavailable',
    description: english.errors.tooManyRows,
    source: 'RFC 6585 section 4',
    expected: 'fewer unfinished sign-ins of one network',
    fix: 'Wait a minute, then start again from the application.',
  },
  foreignPage: {
    status: 403,
    actor: 'user',
    code: 'access_denied',
    description: english.errors.foreignPage,
    source: 'Fetch Metadata Request Headers section 2.3, RFC 6454 section 7',
    expected: 'a form of a page of CIS2',
    fix: 'Go back to the page of CIS2 and use its button.',
  },
});
