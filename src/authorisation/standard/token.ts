import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import {
  limitRate,
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { recordRefusedTokens } from '../refused-tokens.ts';
import { authenticateClient } from './clients/authenticate.ts';
import { errors } from './errors.ts';
import type { FromClient } from './grants/grant.ts';
import { grants } from './grants/registry.ts';
import { readForm } from './incoming.ts';
import { notAllowed, orElse } from './or-else.ts';
import { readProof, requireProof } from './proof.ts';

/** `POST /token` of the standard profile (RFC 6749 section 3.2): the client first, then its grant. */
export function createToken(base: Base, parts: Parts): (request: HttpRequest) => Promise<Answer> {
  const { products, developers, limiter } = parts;
  const endpoints = new Map(grants.map((grant) => [grant.type, grant.endpoint(base, parts)]));
  const list = steps<{ request: HttpRequest }>()
    .step(readForm)
    .step(authenticateClient(base, parts))
    .step(orElse(requireApproval, notAllowed))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), notAllowed))
    .step(orElse(requireActiveDeveloper(developers), notAllowed))
    .step(limitRate(limiter, base))
    .step(readProof(base.tokenUrl, base, parts))
    .step(requireProof)
    .step(async function runGrant(known: FromClient): Promise<Answer> {
      const type = known.parameters.get('grant_type');
      if (type === undefined) throw errors.grantMissing('grant_type is missing');
      const endpoint = endpoints.get(type);
      if (!endpoint) throw errors.grantUnsupported(`${type} came`);
      try {
        return await endpoint(known);
      } catch (thrown) {
        const { request, client } = known;
        // A public client has proven nothing.
        if (client.half.tokenEndpointAuthMethod !== 'none') {
          const refused = { request, application: client.application.id, grant: type };
          await recordRefusedTokens(parts, base, refused, thrown);
        }
        throw thrown;
      }
    });
  return (request) => list.run({ request });
}
