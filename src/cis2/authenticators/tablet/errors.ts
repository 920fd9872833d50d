import { catalogue } from '@alongside/kernel/errors';
import { tabletText } from './text.ts';

const { errors: text } = tabletText;
const user = { actor: 'user' } as const;
const source = 'draft-ietf-oauth-cross-device-security';

/** Errors of the tablet's endpoints. The app shows their descriptions. */
export const tabletErrors = catalogue('cis2', {
  tabletMalformed: {
    status: 400,
    code: 'invalid_request',
    description: text.tabletMalformed,
    source: 'tablet protocol',
    expected: 'a request of the page on the tablet',
    fix: 'Reload the page on the tablet, and update its browser.',
  },
  tabletUnknown: {
    status: 403,
    ...user,
    code: 'unknown_tablet',
    description: text.tabletUnknown,
    source: 'RFC 7800 section 3',
    expected: 'a tablet that is set up',
    fix: 'Ask the registration authority to set the tablet up.',
  },
  tabletUnverified: {
    status: 403,
    ...user,
    code: 'holder_unverified',
    description: text.tabletUnverified,
    source: 'NIST SP 800-63B section 4.2.1',
    expected: 'a check of the person by PIN, fingerprint or face',
    fix: 'Turn on a PIN, fingerprint or face check on the tablet.',
  },
  tabletCodeUnknown: {
    status: 404,
    ...user,
    code: 'unknown_code',
    description: text.tabletCodeUnknown,
    source: 'RFC 8628 section 5.1',
    expected: 'an unused code that the workstation shows',
    fix: 'Start the sign-in again at the workstation.',
  },
  tabletElsewhere: {
    status: 403,
    ...user,
    code: 'not_near',
    description: text.tabletElsewhere,
    source,
    expected: 'tablet and workstation in one network',
    fix: 'Connect tablet and workstation to the same network, then start again.',
  },
  tabletBusy: {
    status: 409,
    ...user,
    code: 'already_open',
    description: text.tabletBusy,
    source: 'OpenID Connect CIBA Core section 7.1.1',
    expected: 'a tablet without an open sign-in',
    fix: 'Answer the open sign-in on the tablet, or wait two minutes.',
  },
  tabletOften: {
    status: 429,
    ...user,
    code: 'too_many',
    description: text.tabletOften,
    source: 'OpenID Connect CIBA Core section 13',
    expected: 'at most five sign-ins in ten minutes',
    fix: 'Wait ten minutes, then start again.',
  },
  tabletWrongNumber: {
    status: 403,
    ...user,
    code: 'wrong_number',
    description: text.tabletWrongNumber,
    source,
    expected: 'the number that the workstation shows',
    fix: 'Start again, and choose the number that the workstation shows.',
  },
});
