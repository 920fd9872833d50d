import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import type { SingleUse } from '../../storage/single-use.ts';

/** Milliseconds. */
const lifetime = 60_000;
const kind = 'cis-legacy-challenge';
const sizes = { random: 20, time: 8, mac: 20 };
const whole = sizes.random + sizes.time + sizes.mac;

/**
 * Challenges in the published layout: 20 random bytes, 8 bytes of milliseconds, and 20 bytes of a MAC, which binds them to their
 * requester. Only spent challenges are stored.
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

  /** @param requester must be the same when the challenge is spent */
  make(requester: string): Buffer {
    const head = Buffer.alloc(sizes.random + sizes.time);
    randomBytes(sizes.random).copy(head);
    head.writeBigUInt64BE(BigInt(this.#clock.now()), sizes.random);
    return Buffer.concat([head, this.#mac(head, requester)]);
  }

  /** Spends a challenge. Returns false if it is forged, expired, spent or of another requester. */
  async spend(challenge: Buffer, requester: string): Promise<boolean> {
    if (challenge.length !== whole) return false;
    const head = challenge.subarray(0, sizes.random + sizes.time);
    if (!timingSafeEqual(challenge.subarray(head.length), this.#mac(head, requester))) return false;
    const age = this.#clock.now() - Number(head.readBigUInt64BE(sizes.random));
    if (age < 0 || age >= lifetime) return false;
    // Longer than the lifetime, because a developer may move the clock back.
    return await this.#singleUse.claim(kind, challenge.toString('base64'), 2 * lifetime);
  }

  /** SHA-256, shortened to the length of SHA-1 in the published layout. */
  #mac(head: Buffer, requester: string): Buffer {
    return createHmac('sha256', this.#key).update(head).update(requester).digest().subarray(0, sizes.mac);
  }
}
