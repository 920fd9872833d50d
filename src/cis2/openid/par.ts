import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { keepRequest, refusePushed } from '../../oauth/server/pushed-request.ts';
import { openRequestObject } from '../../oauth/server/request-object.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import type { ClientCall } from '../../oauth/server/server.ts';
import { responseErrors } from '../errors/response.ts';
import { tokenErrors } from '../errors/token.ts';
import { mustSign } from '../model/profiles.ts';
import type { Reply } from '../responses/reply.ts';
import { checkRedirectUri } from './authorize/client.ts';
import { checkLengths } from './authorize/parameters.ts';
import { type RequestIssuer, requestChecks } from './authorize/request-checks.ts';
import type { Cis2Server, ServerCall, WithRelyingParty } from './server.ts';
import { requireStandard } from './token/own-tokens.ts';

/** What authenticated the client is not part of the request. */
const credentials = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** Errors go to the client at once. */
const reply: Reply = {
  succeed() {
    throw new Error('A pushed request is answered with its request_uri.');
  },
  fail: refusePushed,
};

/** The request of the form, or of the object in it; one that points at another is none (RFC 9126 section 2.1). */
async function openRequest({
  server,
  client,
  parameters: sent,
}: ClientCall<WithRelyingParty> & WithRelyingParty): Promise<{ parameters: Parameters; reply: Reply }> {
  if (sent.has('request_uri')) throw tokenErrors.tokenRequestMalformed('request_uri cannot be pushed');
  const inside = await openRequestObject(server, client, sent).catch((thrown) => {
    throw thrown instanceof Refusal && thrown.entry.redirect ? reply.fail(thrown) : thrown;
  });
  if (!inside && mustSign(client.registration))
    reply.fail(responseErrors.requestNotSigned('it is no request object'));
  const parameters = inside ?? sent.without(...credentials);
  checkLengths(parameters);
  return { parameters, reply };
}

/** `POST /par` (RFC 9126): the client proves itself and is told what is wrong before any browser is involved. */
export function createPar(parts: RequestIssuer & { server: Cis2Server }): Endpoint {
  const list = steps<ServerCall & { provider: RequestIssuer }>('cis2.par')
    .step(readForm)
    .step(authenticateClient)
    .step(requireStandard)
    .step(proveKey('pushed'))
    .step(openRequest)
    .step(checkRedirectUri)
    .use(requestChecks)
    .step(keepRequest);
  return (request) => list.run({ server: parts.server, request, provider: parts });
}
