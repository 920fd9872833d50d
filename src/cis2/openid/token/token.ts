import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../../oauth/parameters.ts';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../../oauth/server/form.ts';
import { runGrant } from '../../../oauth/server/grant.ts';
import { bindTokens, proveKey } from '../../../oauth/server/sender-constraint.ts';
import type { Cis2Server, ServerCall } from '../server.ts';
import { grants } from './grants/registry.ts';

/** `POST /access_token` (RFC 6749 section 3.2). */
export const token = steps<ServerCall>('cis2.token')
  .step(readForm)
  .step(authenticateClient)
  .step(proveKey('token'))
  .step(bindTokens)
  .step(runGrant(grants));

/** Runs the endpoint, and records the event of a refusal. Its client may be unknown, so it is called an application. */
export const createToken =
  (server: Cis2Server): Endpoint =>
  async (request) => {
    try {
      return await token.run({ server, request });
    } catch (thrown) {
      const form = parseParameters(request.body);
      if (thrown instanceof Refusal)
        server.recorder.record({
          keys: [form?.get('code') ?? form?.get('refresh_token') ?? ''],
          from: 'application',
          to: 'cis2',
          name: 'cis2.token',
          outcome: 'refused',
          detail: { error: thrown.entry.id },
        });
      throw thrown;
    }
  };
