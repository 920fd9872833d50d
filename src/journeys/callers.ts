import { type Activity, activity } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import type { OutboundCall } from '@alongside/kernel/outbound';
import type { Vault } from '@alongside/kernel/secrets';
import { laneOf, type Places } from './lanes.ts';
import type { Lane } from './model.ts';

/** The request during which another one was made. */
export interface Outer {
  readonly id: string;
  readonly lane: Lane | undefined;
  /** Its journey, if that was known when it called. */
  readonly journey?: string | undefined;
}

interface Sealing {
  readonly clock: Clock;
  readonly vault: Vault;
  readonly places: Places;
}

/** The header of calls between services over a socket: the calling request, sealed under a key of this installation. */
export const callerHeader = 'x-alongside-caller';
/** Milliseconds for which it is believed, so that one from a log is worth nothing. */
const believedFor = 60_000;

/** Names the calling request, if the call goes to a service of this installation. */
export function nameCaller({ purpose, url, headers }: OutboundCall, { clock, vault, places }: Sealing): void {
  const request = activity();
  const lane = request && laneOf(request);
  if (!request || lane === undefined || request.id === '' || places.at(url) === 'application') return;
  // Work that goes on after its request, such as waiting for the end of a session, is no part of it.
  if (request.milliseconds > 0 && purpose !== 'logout') return;
  const outer = { id: request.id, lane, journey: request.journey, at: clock.now() };
  headers[callerHeader] = vault.seal('caller', JSON.stringify(outer));
}

/** Returns the request during which this one was made; undefined if nobody proves one. */
export function outerOf({ parent, request }: Activity, { clock, vault }: Sealing): Outer | undefined {
  if (parent) return parent.id === '' ? undefined : { id: parent.id, lane: laneOf(parent) };
  const sealed = request?.headers[callerHeader];
  if (typeof sealed !== 'string' || sealed.length > 1_000) return undefined;
  try {
    const { at, ...outer } = parseOwnJson<Outer & { at: number }>(vault.open('caller', sealed));
    return Math.abs(clock.now() - at) < believedFor ? outer : undefined;
  } catch {
    // An outsider sent it.
    return undefined;
  }
}
