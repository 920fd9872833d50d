import { publicCard, type StoredCard } from './card-record.ts';
import type { CardSecrets } from './card-secrets.ts';
import type { CardKeyTypeId } from './key-types.ts';
import { type SecretName, type SlotName, TRIES } from './piv.ts';

/** The result of a PIN or PUK comparison. */
export interface SecretComparison {
  readonly ok: boolean;
  /** Remaining attempts; 0 if blocked, in which case nothing was compared. */
  readonly triesLeft: number;
}

/** The persistent memory of a card. A card store provides it to the applet. */
export interface CardMemory {
  /** 12 digits. */
  readonly serial: string;
  keyType(slot: SlotName): CardKeyTypeId;
  /** DER; undefined before the card has its keys. */
  certificate(slot: SlotName): Uint8Array | undefined;
  /** PKCS#8 DER; undefined before the card has its keys. */
  privateKey(slot: SlotName): Uint8Array | undefined;
  triesLeft(secret: SecretName): number;
  /** Compares in constant time and counts the attempt. The count is stored before the promise resolves. */
  present(secret: SecretName, value: Uint8Array): Promise<SecretComparison>;
  /** Replaces PIN or PUK and restores its attempts. */
  replace(secret: SecretName, value: Uint8Array): Promise<void>;
}

/** The card memory's access to its store. */
export interface StoredCardAccess {
  readonly secrets: CardSecrets;
  /** Returns the current card. Throws if it was destroyed. */
  current(): StoredCard;
  /** Runs exclusively among all changes of the store. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Replaces the card. The change applies from now on, even if storing it fails. Call it within `alone`. */
  put(card: StoredCard): Promise<void>;
}

/** Returns a virtual card's memory in a card store. */
export function storedCardMemory({ secrets, current, alone, put }: StoredCardAccess): CardMemory {
  const { serial } = current();
  const save = (card: StoredCard, secret: SecretName, hash: string, triesLeft: number): Promise<void> =>
    put({ ...card, [secret]: { hash, triesLeft } });
  return {
    serial,
    keyType: (slot) => current().slots?.[slot].keyType ?? current().keyType,
    certificate: (slot) => publicCard(current()).certificates?.[slot],
    privateKey: (slot) => {
      const card = current();
      return card.slots && secrets.openPrivateKey(card, slot, card.slots[slot].privateKey);
    },
    triesLeft: (secret) => current()[secret].triesLeft,
    present: (secret, value) =>
      alone(async () => {
        const card = current();
        const { hash, triesLeft: before } = card[secret];
        if (before === 0) return { ok: false, triesLeft: 0 };
        const ok = secrets.matches(card, secret, value);
        const triesLeft = ok ? TRIES : before - 1;
        if (triesLeft !== before) await save(card, secret, hash, triesLeft);
        return { ok, triesLeft };
      }),
    replace: (secret, value) =>
      alone(async () => {
        const card = current();
        await save(card, secret, secrets.hash(card, secret, value), TRIES);
      }),
  };
}
