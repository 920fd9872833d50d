import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import type { SingleUse } from '../../storage/single-use.ts';

/** Milliseconds that a challenge is good for. */
const lifetime = 60_000;
const kind = 'cis-legacy-challenge';
const sizes = { random: 20, time: 8, mac: 20 };
const whole = sizes.random + sizes.time + sizes.mac;

/**
 * Challenges of the published layout: 20 random bytes, 8 bytes of milliseconds, 20 bytes of a MAC by the server, which binds them
 * to who asked. Nothing is kept until one comes back; then it is used up.
 */
export class LegacyChallenges {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #singleUse: SingleUse;

  constructor(vault: Vault, clock: Clock, singleUse: SingleUse) {
    this.#key = vault.derive(kind);
    this.#clock = clock;
    this.#singleUse = singleUse;
  }

  /** @param asker what has to be the same when it comes back. */
  make(asker: string): Buffer {
    const head = Buffer.alloc(sizes.random + sizes.time);
    randomBytes(sizes.random).copy(head);
    head.writeBigUInt64BE(BigInt(this.#clock.now()), sizes.random);
    return Buffer.concat([head, this.#mac(head, asker)]);
  }

  /** Uses a challenge up. False when it is not ours, of another asker, too old, or was used. */
  async spend(challenge: Buffer, asker: string): Promise<boolean> {
    if (challenge.length !== whole) return false;
    const head = challenge.subarray(0, sizes.random + sizes.time);
    if (!timingSafeEqual(challenge.subarray(head.length), this.#mac(head, asker))) return false;
    const age = this.#clock.now() - Number(head.readBigUInt64BE(sizes.random));
    if (age < 0 || age >= lifetime) return false;
    // Longer than it is good for: a developer's clock may go back.
    return await this.#singleUse.claim(kind, challenge.toString('base64'), 2 * lifetime);
  }

  /** As long as a SHA-1, which the published layout leaves room for; made with SHA-256. */
  #mac(head: Buffer, asker: string): Buffer {
    return createHmac('sha256', this.#key).update(head).update(asker).digest().subarray(0, sizes.mac);
  }
}
