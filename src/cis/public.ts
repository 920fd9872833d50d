import { json } from '@alongside/kernel/answer';
import { plainError, type Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import { route } from '@alongside/kernel/route';

/** `GET /jwks`: the public keys of CIS, without authentication. */
export function publicRoutes(keys: SigningKeys): Route[] {
  async function answerKeys() {
    await keys.ensure('ES256');
    return json(200, await keys.jwks());
  }

  return route('/jwks', { GET: { endpoint: answerKeys, errors: plainError } });
}
