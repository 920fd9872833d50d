import type { PlatformHalf } from '../../../oauth/applications.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import type { Base } from '../../base.ts';
import type { Parts } from '../../parts.ts';

/** One way in which a client proves itself: one file each. */
export interface ClientMethod {
  /** As registered and as metadata names it. */
  readonly name: string;
  /** Whether a request tries this way. */
  matches(parameters: Parameters): boolean;
  /** The client id that the request claims. */
  clientId(parameters: Parameters): string | undefined;
  /** Why the proof does not hold; undefined when it does. The last thing that is done to a proof is to use it up. */
  fault(half: PlatformHalf, parameters: Parameters, base: Base, parts: Parts): Promise<string | undefined>;
}
