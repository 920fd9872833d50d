import { type Answer, noContent } from '@alongside/kernel/answer';
import type { Steps } from '@alongside/kernel/steps';
import type { WithConfirmation } from '../../../oauth/server/sender-constraint.ts';
import type { WithProducts } from '../../application/client.ts';
import type { Base } from '../../base.ts';
import type { Parts } from '../../parts.ts';
import type { Incoming } from '../incoming.ts';
import type { ServerCall } from '../server.ts';

/** A token request whose client is proven, approved and subscribed, and has shown its key if it has one. */
export type FromClient = ServerCall & Incoming & WithProducts & WithConfirmation;

/** One grant of the standard profile. */
export interface Grant {
  /** `grant_type`. */
  readonly type: string;
  endpoint(base: Base, parts: Parts): (known: FromClient) => Promise<Answer>;
  /** All that is checked before anything is given; throws the refusal. */
  check(base: Base, parts: Parts): (known: FromClient) => Promise<Answer>;
}

/** Makes a grant of its two halves: nothing is written before everything was checked. */
export function grant<Valid>(
  type: string,
  halves: {
    validate(base: Base, parts: Parts): Steps<FromClient, Valid>;
    issue(base: Base, parts: Parts): (valid: Valid) => Promise<Answer>;
  },
): Grant {
  return {
    type,
    endpoint(base, parts) {
      const list = halves.validate(base, parts).step(halves.issue(base, parts));
      return (known) => list.run(known);
    },
    check(base, parts) {
      const list = halves.validate(base, parts).step(async () => noContent());
      return (known) => list.run(known);
    },
  };
}
