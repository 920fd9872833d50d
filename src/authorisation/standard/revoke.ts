import { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { limitRate, readProducts, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { revoking } from '../revoking.ts';
import { errors } from './errors.ts';
import { type Incoming, readForm } from './incoming.ts';
import type { ServerCall, StandardServer } from './server.ts';

/** A refresh token ends with all that came from the same sign-in, an access token alone (RFC 7009 section 2.1). */
const revokeToken = (parts: Pick<Parts, 'tokens' | 'database' | 'recorder' | 'audit'>, base: Base) => {
  const { tokens, recorder } = parts;
  const revoke = revoking(parts, base);
  return async function revokeToken({ parameters, client }: Incoming & WithClient): Promise<Answer> {
    const token = parameters.get('token');
    if (token === undefined) throw errors.tokenMissing('token is missing');
    const record = await tokens.find(token);
    // What is unknown, or another client's, is answered alike: nobody learns from it (RFC 7009 section 2.2).
    if (record?.issuer === base.issuer && record.clientId === client.half.clientId) {
      await revoke(record, 'client', record.kind === 'refresh' ? undefined : token);
      const detail = { client: client.application.name, kind: record.kind };
      recorder.record({
        keys: [record.family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.revoke',
        detail,
      });
    }
    return new Answer(200, { 'cache-control': 'no-store' });
  };
};

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
    .step(revokeToken(parts, base));
  return (request) => list.run({ server, request });
}
