import { check } from '@alongside/kernel/steps';
import type { Call } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { passable } from '../headers.ts';
import type { Arrival } from './request.ts';

/** Adds data for the API's own rules to the call. */
export function describeCall({ request }: Arrival): { messageId: string } {
  return { messageId: request.id };
}

/** Refuses an application without an ASID if the API requires one. */
export const requireAsid = check('asid', function requireAsid(call: Arrival & Call): void {
  const { gateway, api, application } = call;
  if (api.asid === 'sent' && gateway.options.requireAsid && !application.platform?.attributes.asid)
    throw errors.missingAsid(`application ${application.id} has no attribute asid`);
});

/** Replaces the client's identity headers by the gateway's. */
export function injectIdentity(call: Arrival & Call): { outbound: Map<string, string> } {
  const { api, application, client, mode, role } = call;
  const outbound = passable(client, api);
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') outbound.set(name, value);
  };
  if (mode.role) put(mode.role.header, role);
  if (api.asid === 'sent') put('nhsd-asid', application.platform?.attributes.asid);
  for (const [name, value] of Object.entries(api.inject)) put(name, value(call));
  return { outbound };
}

/** Last before the back end: renames the client's ids to the platform's names. */
export function swapIds(call: Arrival & Call & { outbound: Map<string, string> }): void {
  const { api, client, messageId, outbound } = call;
  if (!api.swapsIds) return;
  outbound.delete('x-request-id');
  outbound.delete('x-correlation-id');
  const requestId = client.get('x-request-id') ?? '';
  if (requestId !== '') outbound.set('nhsd-request-id', requestId);
  outbound.set('nhsd-correlation-id', `${requestId}.${client.get('x-correlation-id') ?? ''}.${messageId}`);
}

/** Refuses operations that the mode may not use, in the order of the API's list, after all errors of the request itself. */
export const restrictMode = check('restrictions', function restrictMode(call: Arrival & Call): void {
  const restriction = call.api.restrictions.find(
    ({ modes, forbids }) => modes.includes(call.mode.name) && forbids(call),
  );
  if (restriction) throw restriction.refuse(call);
});
