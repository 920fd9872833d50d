import type { PlatformHalf } from '../../../oauth/applications.ts';
import type { Base } from '../../base.ts';
import type { Parts } from '../../parts.ts';
import type { Incoming } from '../incoming.ts';

/** One way in which a client proves itself: one file each. */
export interface ClientMethod {
  /** As registered and as metadata names it. */
  readonly name: string;
  /** Whether a request tries this way. Those that only differ in what was registered match together. */
  matches(incoming: Incoming): boolean;
  /** The client id that the request claims. */
  clientId(incoming: Incoming): string | undefined;
  /** Why the proof does not hold; undefined when it does. The last thing that is done to a proof is to use it up. */
  fault(half: PlatformHalf, incoming: Incoming, base: Base, parts: Parts): Promise<string | undefined>;
}

/** A request with neither a secret nor an assertion: its client is public, or known by its certificate. */
export const namesOnly = ({ request, parameters }: Incoming): boolean =>
  request.headers.authorization === undefined &&
  !parameters.has('client_secret') &&
  !parameters.has('client_assertion');
