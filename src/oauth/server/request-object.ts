import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { decodeJwt } from '@alongside/kernel/jws';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Parameters } from '../parameters.ts';
import { pushedLifetime } from '../pushed-requests.ts';
import { readRequestObject } from '../request-object.ts';
import { rulesOf } from './profile.ts';
import type { CheckedRequest } from './request-checks.ts';
import type { WithProof } from './sender-constraint.ts';
import type { AuthorizationServer, ClientCall, WithClient } from './server.ts';

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

/** Refuses a pushed request with JSON, also for errors that the authorization endpoint redirects (RFC 9126 section 2.3). */
export function refusePushed({ entry, detail }: Refusal): never {
  throw new Refusal({ ...entry, status: 400, redirect: false }, detail);
}

/** The client's credentials, and parameters that are stored as proved. */
const replaced = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'dpop_jkt'];

/** Stores a checked request and answers with its `request_uri` (RFC 9126 section 2.2). */
export async function keepRequest({
  server,
  request,
  parameters,
  client,
  jkt,
}: ClientCall & WithClient & WithProof & CheckedRequest & Passed<'client-authentication'>): Promise<Answer> {
  const { clientId, tokenEndpointAuthMethod } = client.registration;
  if (tokenEndpointAuthMethod === 'none') await server.admitUnauthenticated(request);
  const named = parameters.without(...replaced).and('client_id', clientId);
  const requestUri = await server.pushed.keep(clientId, jkt === null ? named : named.and('dpop_jkt', jkt));
  server.notePushed?.(client, parameters, requestUri);
  return json(201, { request_uri: requestUri, expires_in: pushedLifetime });
}
