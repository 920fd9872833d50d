import { noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type AuthenticatorRequest, consolePaths, type EnrolmentRequest } from '../../cis2/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

interface Parts {
  cis: CisDirectory;
  cis2: Neighbour;
}

const kind = z.string('must be text').min(1, 'must not be empty').max(40);

const enrolmentOrder = z.strictObject({
  kind: kind.describe('security-key, windows-hello, passkey, totp, password, tablet or federated'),
  officer: z
    .string()
    .max(40)
    .optional()
    .describe('Persona or uid of the registration authority officer; development does without'),
});

/** `POST /people/{uid}/authenticators`, in development. */
export const broughtAuthenticatorCalls = ({ cis, cis2 }: Parts): ApiCall[] => [
  defineCall({
    method: 'POST',
    path: '/people/{uid}/authenticators',
    summary: 'Imports an authenticator whose secret is known, for tests; development only',
    body: z.looseObject({ kind }),
    answers: {
      201: 'The authenticator',
      404: 'Nobody has this uid or persona',
      422: 'A member does not fit',
    },
    async handle({ part, body }) {
      const path = consolePaths.authenticators(await cis.uidOf(part('uid')));
      return relayed(await cis2.call({ method: 'POST', path, body: body satisfies AuthenticatorRequest }));
    },
  }),
];

/** `/people/{uid}/authenticators` and `/people/{uid}/enrolments`: the ways to sign in that a person has at CIS2. */
export function authenticatorCalls({ cis, cis2 }: Parts): ApiCall[] {
  return [
    defineCall({
      method: 'GET',
      path: '/people/{uid}/authenticators',
      summary: 'What a person can sign in with beside a smartcard; in development with the seeded secrets',
      answers: { 200: 'The authenticators', 404: 'Nobody has this uid or persona' },
      handle: async ({ part }) =>
        relayed(
          await cis2.call({
            method: 'GET',
            path: consolePaths.authenticators(await cis.uidOf(part('uid'))),
          }),
        ),
    }),
    defineCall({
      method: 'DELETE',
      path: '/people/{uid}/authenticators/{id}',
      summary: 'Takes an authenticator from a person',
      answers: { 204: 'It signs nobody in any more', 404: 'There is none' },
      async handle({ part }) {
        const path = consolePaths.authenticator(await cis.uidOf(part('uid')), part('id'));
        const answer = await cis2.call({ method: 'DELETE', path });
        return answer.status === 204 ? noContent() : relayed(answer);
      },
    }),
    defineCall({
      method: 'POST',
      path: '/people/{uid}/enrolments',
      summary: 'A link by which a person enrols an authenticator: good once, for 15 minutes',
      body: enrolmentOrder,
      answers: {
        201: 'The link',
        403: 'No role of the officer allows it',
        404: 'Nobody has this uid or persona',
        422: 'There is no such kind',
      },
      async handle({ part, body }) {
        const officer = body.officer === undefined ? {} : { officer: await cis.uidOf(body.officer) };
        const order: EnrolmentRequest = { kind: body.kind, ...officer };
        const path = consolePaths.enrolments(await cis.uidOf(part('uid')));
        return relayed(await cis2.call({ method: 'POST', path, body: order }));
      },
    }),
  ];
}
