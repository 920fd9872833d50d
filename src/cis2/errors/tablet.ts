import { catalogue } from '@alongside/kernel/errors';

const user = { actor: 'user' } as const;
const source = 'draft-ietf-oauth-cross-device-security';

/** What the tablet app is told. */
export const tabletErrors = catalogue('cis2', {
  tabletMalformed: {
    status: 400,
    actor: 'developer',
    code: 'invalid_request',
    description: 'The tablet sent something that is not well-formed.',
    source: 'tablet protocol',
  },
  tabletUnknown: {
    status: 403,
    ...user,
    code: 'unknown_tablet',
    description: 'This tablet is not set up, or was taken away. Ask your registration authority.',
    source: 'RFC 7800 section 3',
  },
  tabletCodeUnknown: {
    status: 404,
    ...user,
    code: 'unknown_code',
    description: 'This code is not known, has run out or was used. Begin again at the desk.',
    source: 'RFC 8628 section 5.1',
  },
  tabletElsewhere: {
    status: 403,
    ...user,
    code: 'not_near',
    description: 'The tablet is not in the same network as the desk, so the sign-in was stopped.',
    source,
  },
  tabletBusy: {
    status: 409,
    ...user,
    code: 'already_open',
    description: 'Another sign-in waits for your answer. Answer it, or wait two minutes.',
    source: 'OpenID Connect CIBA Core section 7.1.1',
  },
  tabletOften: {
    status: 429,
    ...user,
    code: 'too_many',
    description: 'There were five sign-ins in ten minutes. Wait a while.',
    source: 'OpenID Connect CIBA Core section 13',
  },
  tabletWrongNumber: {
    status: 403,
    ...user,
    code: 'wrong_number',
    description: 'This is not the number on the screen of the desk, so the sign-in was stopped.',
    source,
  },
});
