import { check, type Passed } from '@alongside/kernel/steps';
import { shown } from '../../oauth/check.ts';
import { readScope } from '../../oauth/parameters.ts';
import { unknownScope } from '../../oauth/products.ts';
import type { WithConfirmation } from '../../oauth/server/sender-constraint.ts';
import type { WithProducts } from '../application/client.ts';
import { scopesGranted } from './callback.ts';
import type { CheckedApplication } from './client-checks.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';
import { readResources } from './resources.ts';
import type { ServerCall } from './server.ts';

/** The context of a grant: its client is authenticated, and its application may use the service. */
export type TokenCall = ServerCall &
  Incoming &
  WithProducts &
  WithConfirmation &
  CheckedApplication &
  Passed<'client-authentication' | 'sender-constraint'>;

/** Returns the resources of the new token: those that the request names, within those that were granted. */
export async function narrowResources(call: TokenCall, granted?: readonly string[]): Promise<string[]> {
  const { server, parameters } = call;
  const resources = await readResources(parameters, server.parts, call, granted);
  if (!resources) throw errors.tokenTarget(`resource is ${parameters.all('resource').join(' ')}`);
  return resources;
}

/** Returns the scopes of the new token: those of the request that are possible, or all possible ones without a request. */
export function narrowScopes({ parameters }: TokenCall, possible: readonly string[]): string[] {
  const text = parameters.get('scope');
  const asked = text === undefined ? null : readScope(text);
  if (asked === undefined)
    throw errors.tokenScope('the scope is malformed').about({ field: 'scope', received: shown(text) });
  const scope = scopesGranted({ asked }, possible);
  if (scope.length === 0)
    throw errors
      .noScope(`scope is ${text ?? 'missing'}, possible is ${possible.join(' ') || 'nothing'}`)
      .about(unknownScope(text, possible));
  return scope;
}

/** Refuses a grant to a client that proves nothing (RFC 6749 section 4.4). */
export const refusePublic = check('confidential-client', function refusePublic({ client }: TokenCall): void {
  if (client.registration.tokenEndpointAuthMethod === 'none')
    throw errors.clientPublic(`${client.application.name} is a public client`);
});
