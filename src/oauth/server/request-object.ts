import { decodeJwt } from '@alongside/kernel/jws';
import { check } from '@alongside/kernel/steps';
import type { Parameters } from '../parameters.ts';
import { readRequestObject } from '../request-object.ts';
import { rulesOf } from './profile.ts';
import type { AuthorizationServer, WithClient } from './server.ts';

/**
 * Returns the parameters of the request object in `request`, which replace all others (RFC 9101 section 6.3). Returns undefined
 * without one, and if the profile of the client does not allow it.
 */
export async function openRequestObject(
  server: AuthorizationServer,
  { registration }: WithClient['client'],
  parameters: Parameters,
): Promise<Parameters | undefined> {
  const text = parameters.get('request');
  const { requestObjects, algorithms } = rulesOf(server, registration);
  if (text === undefined || requestObjects === 'off') return undefined;
  const registered = server.requestAlgorithmOf(registration);
  const rules = {
    clientId: registration.clientId,
    issuer: server.issuer,
    algorithms: registered ? algorithms.filter((algorithm) => algorithm === registered) : algorithms,
  };
  const result = await readRequestObject(text, rules, registration, server);
  if ('fault' in result) throw server.errors.requestObjectInvalid(result.fault);
  if (requestObjects === 'with-nbf' && decodeJwt(text)?.claims.nbf === undefined)
    throw server.errors.requestObjectInvalid('nbf is missing');
  server.checkObjectLengths(result.parameters);
  return result.parameters;
}

/** Replaces the parameters of a request by those of its request object. Objects by reference are not fetched. */
export const openObject = check(
  'request-object',
  async function openObject(
    call: WithClient & { readonly server: AuthorizationServer; readonly parameters: Parameters },
  ): Promise<{ parameters: Parameters } | undefined> {
    const inside = await openRequestObject(call.server, call.client, call.parameters);
    return inside && { parameters: inside };
  },
);
