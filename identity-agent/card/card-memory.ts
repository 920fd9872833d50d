import type { CardKeyTypeId } from './key-types.ts';
import type { SecretName, SlotName } from './piv.ts';

/** How a comparison of PIN or PUK came out. */
export interface Presented {
  readonly ok: boolean;
  /** Attempts left after it; 0 when it is blocked, and then nothing was compared. */
  readonly triesLeft: number;
}

/** What a card keeps without power. The applet works on it; a card store provides it. */
export interface CardMemory {
  /** 12 digits. */
  readonly serial: string;
  readonly keyType: CardKeyTypeId;
  /** DER, undefined before the card has its keys. */
  certificate(slot: SlotName): Uint8Array | undefined;
  /** PKCS#8 DER, undefined before the card has its keys. */
  privateKey(slot: SlotName): Uint8Array | undefined;
  triesLeft(secret: SecretName): number;
  /** Compares in constant time and counts. The count is saved before the promise resolves. */
  present(secret: SecretName, value: Uint8Array): Promise<Presented>;
  /** Replaces PIN or PUK and restores its attempts. */
  replace(secret: SecretName, value: Uint8Array): Promise<void>;
}
