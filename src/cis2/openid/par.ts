import { Refusal } from '@alongside/kernel/errors';
import { check, steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { authenticateClient, readForm } from '../../oauth/server/client-authentication/authenticate.ts';
import {
  checkRedirectUri,
  keepRequest,
  openRequestObject,
  refusePushed,
  requireSigned,
} from '../../oauth/server/request-checks.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import { tokenErrors } from '../errors/token.ts';
import type { Reply } from '../responses/authorization-response.ts';
import { checkLengths } from './authorize/parameters.ts';
import { type RequestIssuer, requestChecks } from './authorize/request-checks.ts';
import type { ServerCall, WithRelyingParty } from './server.ts';
import { requireStandard } from './token/token.ts';

/** Sends errors to the client at once. */
const reply: Pick<Reply, 'fail'> = { fail: refusePushed };

/** Reads the request from the form, or from the request object in it. One that names another is refused (RFC 9126 section 2.1). */
const openRequest = check(
  'request-object',
  async function openRequest({
    server,
    client,
    parameters: sent,
  }: ServerCall & WithRelyingParty & { parameters: Parameters }) {
    if (sent.has('request_uri')) throw tokenErrors.tokenRequestMalformed('request_uri cannot be pushed');
    const inside = await openRequestObject(server, client, sent).catch((thrown) => {
      throw thrown instanceof Refusal && thrown.entry.redirect ? reply.fail(thrown) : thrown;
    });
    const parameters = inside ?? sent.without('client_secret', 'client_assertion', 'client_assertion_type');
    return { parameters, signed: inside !== undefined, reply };
  },
);

function requireLengths({ parameters }: { parameters: Parameters }): void {
  checkLengths(parameters);
}

/** `POST /par` (RFC 9126): authenticates the client and checks its request before any browser is involved. */
export const par = steps<ServerCall & { provider: RequestIssuer }>('cis2.par')
  .step(readForm)
  .step(authenticateClient)
  .step(requireStandard)
  .step(proveKey('pushed'))
  .step(openRequest)
  .step(requireSigned)
  .step(requireLengths)
  .step(checkRedirectUri)
  .use(requestChecks)
  .step(keepRequest);
