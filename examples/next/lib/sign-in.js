import { createCombined, platformAt } from '@alongside/client';
import { createWebSignIn } from '@alongside/client/web';

const { ORIGIN = 'http://localhost:3000', API_URL, API_KEY, API_SECRET } = process.env;

const create = () =>
  createWebSignIn({
    origin: ORIGIN,
    pattern: createCombined({
      ...platformAt(`${API_URL}/oauth2`),
      clientId: API_KEY,
      clientSecret: API_SECRET,
      redirectUri: `${ORIGIN}/callback`,
    }),
    name: 'next',
  });

export const pdsUrl = `${API_URL}/personal-demographics/FHIR/R4`;

/** Created at the first request, because a build has no secrets, and once, because Next.js loads this module several times. */
export function signIn() {
  globalThis.alongsideSignIn ??= create();
  return globalThis.alongsideSignIn;
}
