import { Answer } from '@alongside/kernel/answer';
import { z } from 'zod';
import { personSigning } from '../../../cis/protocol/answers.ts';
import { paths, revocationReasons, type SigningRevocation } from '../../../cis/protocol.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** The certificates with which the signing service signs for people, and the authority that issues them. */
export const signing: Resource = {
  calls: ({ cis }) => [
    defineCall('GET', '/certificates/signing/authority.pem', {
      summary: 'Returns the authority of signing certificates and its root, for those who verify signatures',
      answers: { 200: 'Certificates as PEM, the issuing one first' },
      roles: ['read', 'registration-authority'],
      response: z.string(),
      media: ['application/x-pem-file'],
      async handle() {
        const pem = await cis.read<string>(paths.signingAuthority);
        return new Answer(
          200,
          { 'content-type': 'application/x-pem-file', 'cache-control': 'no-store' },
          pem,
        );
      },
    }),
    defineCall('GET', '/people/:uid/signing', {
      summary: 'Returns the signing certificate of a person and its state',
      answers: { 200: 'State, algorithm and certificate', 404: 'Unknown uid or persona' },
      roles: ['registration-authority', 'support'],
      response: personSigning,
      handle: async ({ params }) => cis.relay({ path: paths.signingPerson(await cis.uidOf(params.uid)) }),
    }),
    defineCall('POST', '/people/:uid/signing/revoke', {
      summary: 'Revokes the signing certificate of a person; the next signature gets a new one',
      body: z.strictObject({
        reason: z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`),
      }),
      answers: {
        200: 'The revoked certificate',
        404: 'Unknown uid or persona',
        409: 'The person has not signed yet',
      },
      roles: ['registration-authority'],
      response: personSigning,
      async handle({ params, body }) {
        const path = paths.signingRevocation(await cis.uidOf(params.uid));
        return cis.relay({ method: 'POST', path, body: body satisfies SigningRevocation });
      },
    }),
  ],
};
