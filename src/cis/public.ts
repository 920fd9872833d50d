import { json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';

/** `GET /jwks`: the public keys of CIS, readable without authentication. */
export function publicRoutes(keys: SigningKeys): Route[] {
  async function jwks() {
    await keys.ensure('ES256');
    return json(200, await keys.jwks());
  }

  return [{ methods: ['GET'], path: '/jwks', endpoint: jwks }];
}
