import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Vault } from '@alongside/kernel/secrets';
import type { StoredCard } from './card-record.ts';
import { padded, type SecretName, type SlotName } from './piv.ts';

/**
 * The secrets of cards at rest. Each card has a random key of its own, sealed under the installation's secret; PIN and
 * PUK are HMACs under it, private keys are sealed under it (AES-256-GCM). So a card can move to another installation
 * by sealing one value again. A slow hash would add nothing: without the key the HMAC tells nothing, and with it
 * a million PINs are tried soon under any hash.
 */
export class CardSecrets {
  readonly #install: Vault;
  /** Opened card keys, by their sealed form. */
  readonly #vaults = new Map<string, Vault>();

  constructor(installSecret: Uint8Array) {
    this.#install = new Vault(installSecret);
  }

  /** Tells two installations apart and reveals nothing of the secret. */
  get installId(): string {
    return this.#install.derive('card-store-id').toString('base64url');
  }

  /** A fresh card key, sealed. */
  makeCardKey(serial: string): string {
    return this.sealCardKey(serial, randomBytes(32).toString('base64url'));
  }

  sealCardKey(serial: string, cardKey: string): string {
    return this.#install.seal(`card-${serial}`, cardKey);
  }

  /** The card's own key, base64url. Whoever has it can read the card's private keys. */
  openCardKey({ serial, cardKey }: Pick<StoredCard, 'serial' | 'cardKey'>): string {
    return this.#install.open(`card-${serial}`, cardKey);
  }

  /** The hash under which a PIN or PUK is kept. */
  hash(card: Pick<StoredCard, 'serial' | 'cardKey'>, name: SecretName, secret: string | Uint8Array): string {
    const value = typeof secret === 'string' ? padded(secret) : secret;
    return createHmac('sha256', this.#vaultOf(card).derive(name)).update(value).digest('base64url');
  }

  /** Compares with the kept hash, in constant time. */
  matches(card: StoredCard, name: SecretName, secret: Uint8Array): boolean {
    const given = Buffer.from(this.hash(card, name, secret));
    const kept = Buffer.from(card[name].hash);
    return given.length === kept.length && timingSafeEqual(given, kept);
  }

  sealPrivateKey(card: StoredCard, slot: SlotName, pkcs8: Uint8Array): string {
    return this.#vaultOf(card).seal(slot, Buffer.from(pkcs8).toString('base64'));
  }

  openPrivateKey(card: StoredCard, slot: SlotName, sealed: string): Uint8Array {
    return new Uint8Array(Buffer.from(this.#vaultOf(card).open(slot, sealed), 'base64'));
  }

  sealUnblockingCode(card: Pick<StoredCard, 'serial' | 'cardKey'>, puk: string): string {
    return this.#vaultOf(card).seal('unblocking-code', puk);
  }

  /** The PUK, where the card keeps it. */
  openUnblockingCode(card: StoredCard): string | undefined {
    return card.unblockingCode && this.#vaultOf(card).open('unblocking-code', card.unblockingCode);
  }

  /** Whether the card's private keys and its PUK, if it has any, are what its own key sealed. */
  opens(card: StoredCard): boolean {
    try {
      for (const [slot, { privateKey }] of Object.entries(card.slots ?? {}))
        this.openPrivateKey(card, slot as SlotName, privateKey);
      this.openUnblockingCode(card);
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets what was opened. */
  clear(): void {
    this.#vaults.clear();
  }

  #vaultOf(card: Pick<StoredCard, 'serial' | 'cardKey'>): Vault {
    const known = this.#vaults.get(card.cardKey);
    if (known) return known;
    const vault = new Vault(Buffer.from(this.openCardKey(card), 'base64url'));
    this.#vaults.set(card.cardKey, vault);
    return vault;
  }
}
