import type { Ceremony } from '../webauthn/ceremony.ts';
import { isThirdLevel } from '../webauthn/policy.ts';
import {
  type Assertion,
  type Attestation,
  clientDataOf,
  readAssertion,
  readAttestation,
} from '../webauthn/response.ts';
import { verifyAssertion, verifyAttestation } from '../webauthn/verify.ts';
import { tabletErrors } from './errors.ts';
import type { Holder, TabletBody } from './protocol.ts';

const textOf = (claim: unknown): string => (claim === undefined ? '' : JSON.stringify(claim));

function refuseFramed(response: Assertion | Attestation): void {
  if (clientDataOf(response)?.framed !== false)
    throw tabletErrors.tabletUnverified('another site framed the page');
}

/** Verifies the holders of tablets by WebAuthn, which needs an issuer with a host name. */
export class HolderChecks {
  readonly #ceremony: Ceremony | undefined;
  readonly #development: boolean;

  constructor(ceremony: Ceremony | undefined, development: boolean) {
    this.#ceremony = ceremony;
    this.#development = development;
  }

  /** The relying party id of the tablet's credential; empty without WebAuthn. */
  get party(): string {
    return this.#ceremony?.party.id ?? '';
  }

  /** The levels that tablets can reach, the highest first. */
  get levels(): (2 | 3)[] {
    if (this.#development) return [3, 2];
    if (!this.#ceremony) return [];
    const { roots, aaguids } = this.#ceremony.policy;
    return roots.size > 0 && aaguids.size > 0 ? [3, 2] : [2];
  }

  /** Outside development, a key alone is one factor, which is not enough for level 2 (NIST SP 800-63B section 4.2.1). */
  counts({ shared, holder }: TabletBody): boolean {
    return this.#development || (!shared && !!holder);
  }

  levelOf({ ceiling, holder }: TabletBody): 2 | 3 {
    if (ceiling === 2) return 2;
    if (this.#development) return 3;
    return holder && this.#ceremony && isThirdLevel(holder.key, this.#ceremony.policy) ? 3 : 2;
  }

  /**
   * Verifies the credential that a tablet sends with its key. Returns null if the tablet cannot verify its holder.
   * Throws `tabletUnverified` if the credential is invalid, and outside development instead of null.
   */
  async register(claim: unknown, challenge: string): Promise<Holder | null> {
    if (claim === undefined && this.#development) return null;
    const attestation = readAttestation(textOf(claim));
    if (!this.#ceremony || !attestation) throw tabletErrors.tabletUnverified('there is no attestation');
    refuseFramed(attestation);
    const verified = await verifyAttestation(this.#ceremony, attestation, challenge, 3);
    if ('refused' in verified) throw tabletErrors.tabletUnverified(verified.refused);
    return { id: attestation.id, key: verified.body };
  }

  /** Verifies the holder for this challenge. Returns the holder with the new counter. Throws `tabletUnverified`. */
  async verify(holder: Holder, claim: unknown, challenge: string): Promise<Holder> {
    const assertion = readAssertion(textOf(claim));
    if (!this.#ceremony || assertion?.id !== holder.id)
      throw tabletErrors.tabletUnverified('there is no assertion of its credential');
    refuseFramed(assertion);
    const result = await verifyAssertion(this.#ceremony, assertion, challenge, {
      body: holder.key,
      lookup: holder.id,
    });
    if ('refused' in result) throw tabletErrors.tabletUnverified(result.refused);
    return { ...holder, key: { ...holder.key, counter: result.counter } };
  }
}
