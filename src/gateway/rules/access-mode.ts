import type { AccessMode, Caller } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { Arrival } from './arrival.ts';

/** Refuses scopes of a sign-in that is too weak for this API. */
export function refuseScopes({ api, scopes }: Arrival & Caller): void {
  const refused = api.refusedScopes.find(({ scope }) => scopes.has(scope));
  if (refused) throw refused.refuse();
}

/**
 * Returns the granted mode with the most privilege. Without any, refuses the token, unless the published default is on: then any
 * valid token is application-restricted.
 */
export const findAccessMode = ({ options }: Dependencies) =>
  function findAccessMode({ api, trace, ...caller }: Arrival & Caller): { mode: AccessMode } {
    const legacy = options.legacyDefaultMode
      ? api.modes.find(({ name }) => name === api.legacyMode)
      : undefined;
    const mode = api.modes.findLast((candidate) => candidate.granted(caller)) ?? legacy;
    if (!mode) throw errors.noProductMatch(`no scope of the token is one of ${api.name}`);
    trace.mode = mode.name;
    return { mode };
  };
