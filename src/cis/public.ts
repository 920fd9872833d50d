import { json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Database } from '../storage/database.ts';

/** `GET /jwks` and `GET /healthz`: what anybody may read. */
export function publicRoutes(keys: SigningKeys, database: Database): Route[] {
  async function jwks() {
    await keys.ensure('ES256');
    return json(200, await keys.jwks());
  }

  async function health() {
    const healthy = await database.healthy();
    return json(healthy ? 200 : 503, { status: healthy ? 'ok' : 'storage does not answer' });
  }

  return [
    { methods: ['GET'], path: '/jwks', endpoint: jwks },
    { methods: ['GET'], path: '/healthz', endpoint: health },
  ];
}
