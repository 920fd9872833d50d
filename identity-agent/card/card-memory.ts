import type { CardKeyTypeId } from './key-types.ts';
import type { SecretName, SlotName } from './piv.ts';

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
  readonly keyType: CardKeyTypeId;
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
