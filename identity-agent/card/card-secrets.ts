import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Vault } from '@alongside/kernel/secrets';
import type { StoredCard } from './card-record.ts';
import { padded, type SecretName, type SlotName } from './piv.ts';

/**
 * Protects the stored secrets of cards. Each card has its own random key, encrypted under the installation's secret. PIN and PUK
 * are HMACs under that key, and private keys are encrypted under it (AES-256-GCM). To move a card to another installation, only
 * its key is encrypted again. A slow hash would not help: without the key the HMAC reveals nothing, and with it a million PINs
 * can be tried quickly under any hash.
 */
export class CardSecrets {
  readonly #install: Vault;
  /** Decrypted card keys, by their encrypted form. */
  readonly #vaults = new Map<string, Vault>();

  constructor(installSecret: Uint8Array) {
    this.#install = new Vault(installSecret);
  }

  /** Identifies the installation without revealing the secret. */
  get installId(): string {
    return this.#install.derive('card-store-id').toString('base64url');
  }

  makeCardKey(serial: string): string {
    return this.sealCardKey(serial, randomBytes(32).toString('base64url'));
  }

  sealCardKey(serial: string, cardKey: string): string {
    return this.#install.seal(`card-${serial}`, cardKey);
  }

  /** Decrypts the card's own key, base64url. It gives access to the card's private keys. */
  openCardKey({ serial, cardKey }: Pick<StoredCard, 'serial' | 'cardKey'>): string {
    return this.#install.open(`card-${serial}`, cardKey);
  }

  /** Returns the stored hash of a PIN or PUK. */
  hash(card: Pick<StoredCard, 'serial' | 'cardKey'>, name: SecretName, secret: string | Uint8Array): string {
    const value = typeof secret === 'string' ? padded(secret) : secret;
    return createHmac('sha256', this.#vaultOf(card).derive(name)).update(value).digest('base64url');
  }

  /** Compares with the stored hash in constant time. */
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

  /** Decrypts the PUK if the card stores it. */
  openUnblockingCode(card: StoredCard): string | undefined {
    return card.unblockingCode && this.#vaultOf(card).open('unblocking-code', card.unblockingCode);
  }

  /** Returns whether the card's own key decrypts its private keys and its PUK, if any. */
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

  /** Forgets decrypted keys. */
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
