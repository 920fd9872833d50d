import { check, steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { keepRequest, refusePushed } from '../../oauth/server/pushed-request.ts';
import { checkRedirectUri } from '../../oauth/server/request-checks.ts';
import { openObject } from '../../oauth/server/request-object.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import { limitRate } from '../application/client.ts';
import { applicationChecks, commitConditions, notAllowed } from './client-checks.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';
import { type RequestCall, requestChecks } from './request-checks.ts';
import type { ServerCall } from './server.ts';

/** Answers errors at once, as JSON (RFC 9126 section 2.3). */
async function prepareReply({ parameters }: Incoming): Promise<Pick<RequestCall, 'reply'>> {
  if (parameters.has('request_uri')) throw errors.requestMalformed('request_uri cannot be pushed');
  return { reply: { fail: refusePushed } };
}

/** `POST /par` (RFC 9126): authenticates the client and checks its request before any browser is involved. */
export const pushRequest = steps<ServerCall>('oauth2.1.par')
  .step(readForm)
  .step(authenticateClient)
  .use(applicationChecks(notAllowed))
  .step(check('rate-limit', limitRate))
  .step(commitConditions)
  .step(proveKey('pushed'))
  .step(openObject)
  .step(prepareReply)
  .step(checkRedirectUri)
  .use(requestChecks)
  .step(keepRequest);
