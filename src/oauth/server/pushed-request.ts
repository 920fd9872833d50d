import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Passed } from '@alongside/kernel/steps';
import { pushedLifetime } from '../pushed-requests.ts';
import type { CheckedRequest } from './request-checks.ts';
import type { WithProof } from './sender-constraint.ts';
import type { ClientCall, WithClient } from './server.ts';

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
  server.notePushed?.(client, parameters);
  return json(201, { request_uri: requestUri, expires_in: pushedLifetime });
}
