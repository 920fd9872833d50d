import type { JsonObject } from '@alongside/kernel/json';
import type { Ceremony } from '../webauthn/ceremony.ts';
import { isThirdLevel } from '../webauthn/policy.ts';
import { clientDataOf, readAssertion, readAttestation } from '../webauthn/response.ts';
import { verifyAssertion, verifyAttestation } from '../webauthn/verify.ts';
import { tabletErrors } from './errors.ts';
import type { Holder, TabletBody } from './protocol.ts';

const textOf = (given: unknown): string => (given === undefined ? '' : JSON.stringify(given as JsonObject));

/** How tablets make sure who holds them. Without a name of the issuer no browser has WebAuthn, so nobody is made sure of. */
export class HolderChecks {
  readonly #ceremony: Ceremony | undefined;
  readonly #development: boolean;

  constructor(ceremony: Ceremony | undefined, development: boolean) {
    this.#ceremony = ceremony;
    this.#development = development;
  }

  /** The relying party for which a tablet makes its credential; empty where there is none. */
  get party(): string {
    return this.#ceremony?.party.id ?? '';
  }

  /** The levels that some tablet can be of, the best first. */
  get levels(): (2 | 3)[] {
    if (this.#development) return [3, 2];
    if (!this.#ceremony) return [];
    const { roots, aaguids } = this.#ceremony.policy;
    return roots.size > 0 && aaguids.size > 0 ? [3, 2] : [2];
  }

  /** Outside development a key alone is one factor, which is no second level (NIST SP 800-63B section 4.2.1). */
  counts({ shared, holder }: TabletBody): boolean {
    return this.#development || (!shared && !!holder);
  }

  levelOf({ ceiling, holder }: TabletBody): 2 | 3 {
    if (ceiling === 2) return 2;
    if (this.#development) return 3;
    return holder && this.#ceremony && isThirdLevel(holder.key, this.#ceremony.policy) ? 3 : 2;
  }

  /**
   * What a tablet brings with its own key when it is set up: null when it cannot make sure of anybody.
   * Throws `tabletUnverified` for what does not hold, and outside development for null.
   */
  async registered(given: unknown, challenge: string): Promise<Holder | null> {
    if (given === undefined && this.#development) return null;
    const attestation = readAttestation(textOf(given));
    if (!this.#ceremony || !attestation) throw tabletErrors.tabletUnverified('there is no attestation');
    if (clientDataOf(attestation)?.framed !== false)
      throw tabletErrors.tabletUnverified('the page was framed');
    const verified = await verifyAttestation(this.#ceremony, attestation, challenge, 3);
    if ('refused' in verified) throw tabletErrors.tabletUnverified(verified.refused);
    return { id: attestation.id, key: verified.body };
  }

  /** The person was made sure of for this challenge: the holder as it is to be kept now. Throws `tabletUnverified`. */
  async verified(holder: Holder, given: unknown, challenge: string): Promise<Holder> {
    const assertion = readAssertion(textOf(given));
    if (!this.#ceremony || assertion?.id !== holder.id)
      throw tabletErrors.tabletUnverified('there is no assertion of its credential');
    if (clientDataOf(assertion)?.framed !== false) throw tabletErrors.tabletUnverified('the page was framed');
    const known = { body: holder.key, lookup: holder.id };
    const use = await verifyAssertion(this.#ceremony, assertion, challenge, known);
    if ('refused' in use) throw tabletErrors.tabletUnverified(use.refused);
    return { ...holder, key: { ...holder.key, counter: use.counter } };
  }
}
