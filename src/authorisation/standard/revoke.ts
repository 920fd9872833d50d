import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { revokeToken } from '../../oauth/server/revocation.ts';
import { limitRate, readProducts } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import type { ServerCall, StandardServer } from './server.ts';

/** `POST /revoke` (RFC 7009). */
export function createRevoke(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(readProducts(parts.products))
    .step(limitRate(parts.limiter, base))
    .step(revokeToken);
  return (request) => list.run({ server, request });
}
