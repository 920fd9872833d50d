import { z } from 'zod';
import {
  type AuthenticatorRequest,
  authenticatorAnswer,
  authenticatorsAnswer,
  consolePaths,
  type EnrolmentRequest,
  enrolmentAnswer,
} from '../../../cis2/protocol.ts';
import { defineCall, type Resource } from '../api/call.ts';

const kind = z.string('must be text').min(1, 'must not be empty').max(40);

const enrolment = z.strictObject({
  kind: kind.describe('security-key, windows-hello, passkey, totp, password, tablet or federated'),
  officer: z
    .string()
    .max(40)
    .optional()
    .describe('Persona or uid of the registration authority officer; optional in development'),
});

/** `/people/{uid}/authenticators` and `/people/{uid}/enrolments`: a person's authenticators at CIS2, other than smartcards. */
export const authenticators: Resource = {
  calls: ({ cis, cis2 }) => [
    defineCall('GET', '/people/:uid/authenticators', {
      summary:
        'Lists a person’s authenticators other than smartcards; with the seeded secrets in development',
      answers: { 200: 'The authenticators', 404: 'Unknown uid or persona' },
      roles: ['registration-authority', 'support'],
      response: authenticatorsAnswer,
      handle: async ({ params }) =>
        cis2.relay({ path: consolePaths.authenticators(await cis.uidOf(params.uid)) }),
    }),
    defineCall('DELETE', '/people/:uid/authenticators/:id', {
      summary: 'Removes an authenticator',
      answers: {
        204: 'Removed',
        403: 'For a limited administrator: the person also belongs to other organisations, so this needs approval (approval_needed)',
        404: 'Unknown person or authenticator',
      },
      roles: ['registration-authority'],
      handle: async ({ params: { uid, id } }) =>
        cis2.relay({ method: 'DELETE', path: consolePaths.authenticator(await cis.uidOf(uid), id) }),
    }),
    defineCall('POST', '/people/:uid/enrolments', {
      summary: 'Creates a link with which a person enrols an authenticator: once, within 15 minutes',
      body: enrolment,
      answers: {
        201: 'The link',
        403: 'The officer lacks a role that permits it or has it from you (own_officer), or a limited administrator needs approval (approval_needed)',
        404: 'Unknown uid or persona',
        422: 'Unknown kind of authenticator',
      },
      roles: ['registration-authority'],
      response: enrolmentAnswer,
      async handle({ params, body }) {
        const officer = body.officer === undefined ? {} : { officer: await cis.officerOf(body.officer) };
        const order: EnrolmentRequest = { kind: body.kind, ...officer };
        const path = consolePaths.enrolments(await cis.uidOf(params.uid));
        return cis2.relay({ method: 'POST', path, body: order });
      },
    }),
  ],
};

/** `POST /people/{uid}/authenticators`. */
export const importedAuthenticators: Resource = {
  only: 'development',
  calls: ({ cis, cis2 }) => [
    defineCall('POST', '/people/:uid/authenticators', {
      summary: 'Imports an authenticator with its secret, for tests; development only',
      body: z.looseObject({ kind }),
      answers: { 201: 'The authenticator', 404: 'Unknown uid or persona', 422: 'Invalid member' },
      response: authenticatorAnswer,
      async handle({ params, body }) {
        const path = consolePaths.authenticators(await cis.uidOf(params.uid));
        return cis2.relay({ method: 'POST', path, body: body satisfies AuthenticatorRequest });
      },
    }),
  ],
};
