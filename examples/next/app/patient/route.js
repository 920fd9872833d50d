import { createPds, displayName } from '@alongside/client';
import { pdsUrl, signIn } from '../../lib/sign-in.js';

/** Reads a patient for the person who is signed in. */
export const POST = (request) =>
  signIn().guard(request, async ({ tokens, roleId }) => {
    const number = (await request.formData()).get('number');
    const { patient } = await createPds({ baseUrl: pdsUrl, token: tokens, sessionUrid: roleId }).patient(
      number,
    );
    return new Response(`${displayName(patient)}, ${patient.birthDate}, ${patient.id}`);
  });
