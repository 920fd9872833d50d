import { catalogue } from '@alongside/kernel/errors';
import { words } from '../pages/words.ts';

const user = { actor: 'user' } as const;
const source = 'draft-ietf-oauth-cross-device-security';

/** What the tablet app is told, and shows. */
export const tabletErrors = catalogue('cis2', {
  tabletMalformed: {
    status: 400,
    actor: 'developer',
    code: 'invalid_request',
    description: words.errors.tabletMalformed,
    source: 'tablet protocol',
  },
  tabletUnknown: {
    status: 403,
    ...user,
    code: 'unknown_tablet',
    description: words.errors.tabletUnknown,
    source: 'RFC 7800 section 3',
  },
  tabletUnverified: {
    status: 403,
    ...user,
    code: 'holder_unverified',
    description: words.errors.tabletUnverified,
    source: 'NIST SP 800-63B section 4.2.1',
  },
  tabletCodeUnknown: {
    status: 404,
    ...user,
    code: 'unknown_code',
    description: words.errors.tabletCodeUnknown,
    source: 'RFC 8628 section 5.1',
  },
  tabletElsewhere: {
    status: 403,
    ...user,
    code: 'not_near',
    description: words.errors.tabletElsewhere,
    source,
  },
  tabletBusy: {
    status: 409,
    ...user,
    code: 'already_open',
    description: words.errors.tabletBusy,
    source: 'OpenID Connect CIBA Core section 7.1.1',
  },
  tabletOften: {
    status: 429,
    ...user,
    code: 'too_many',
    description: words.errors.tabletOften,
    source: 'OpenID Connect CIBA Core section 13',
  },
  tabletWrongNumber: {
    status: 403,
    ...user,
    code: 'wrong_number',
    description: words.errors.tabletWrongNumber,
    source,
  },
});
