import { ClientError, createPds, displayName } from '@alongside/client';
import { pdsUrl, signIn } from '../../lib/sign-in.js';

/** Reads a patient for the person who is signed in. */
export const POST = (request) =>
  signIn().guard(request, async ({ tokens, roleId }) => {
    const number = (await request.formData()).get('number');
    const pds = createPds({ baseUrl: pdsUrl, token: tokens, sessionUrid: roleId });
    try {
      const { patient } = await pds.patient(number);
      return new Response(`${displayName(patient)}, ${patient.birthDate}, ${patient.id}`);
    } catch (error) {
      // The error of the API becomes the status. The guard handles a sign-in that has ended.
      if (!(error instanceof ClientError) || error.code === 'sign_in_required') throw error;
      return new Response(error.message, { status: error.status ?? 400 });
    }
  });
