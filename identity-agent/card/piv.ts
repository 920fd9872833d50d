/** The names and numbers of PIV that the applet and the client share (SP 800-73-4 parts 1 and 2). */

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

/** PIV card application, with its version. */
export const PIV_AID = hex('a000000308000010000100');
/** Without the two bytes of version. */
export const PIV_AID_WITHOUT_VERSION = PIV_AID.slice(0, 9);
/** The virtual card's answer to reset, the same as OpenSC's PIV cards. */
export const VIRTUAL_CARD_ATR = hex('3b8d0180fba000000397425446590301c8');

/** INS bytes. */
export const INS = {
  verify: 0x20,
  changeReferenceData: 0x24,
  resetRetryCounter: 0x2c,
  generalAuthenticate: 0x87,
  select: 0xa4,
  getResponse: 0xc0,
  getData: 0xcb,
} as const;

/** Key references of PIN and PUK (SP 800-73-4 part 1 table 4b). */
export const KEY_REFERENCE = { pin: 0x80, puk: 0x81 } as const;
export type SecretName = keyof typeof KEY_REFERENCE;

/** Key reference of the card management key (SP 800-73-4 part 1 table 4b). */
export const MANAGEMENT_KEY = 0x9b;

/** The two keys of a card, by purpose. */
export type SlotName = 'authentication' | 'signing';

/** The location of a key and its certificate on the card (SP 800-73-4 part 1 tables 3 and 4b). */
export interface Slot {
  /** Key reference. */
  readonly key: number;
  /** Tag of the certificate's data object. */
  readonly object: number;
  /** Whether each use needs a VERIFY immediately before ("PIN always"). */
  readonly pinAlways: boolean;
}

export const SLOTS: Readonly<Record<SlotName, Slot>> = {
  authentication: { key: 0x9a, object: 0x5fc105, pinAlways: false },
  signing: { key: 0x9c, object: 0x5fc10a, pinAlways: true },
};

/** Tags of the other data objects. */
export const OBJECT = {
  chuid: 0x5fc102,
  capabilities: 0x5fc107,
  discovery: 0x7e,
  history: 0x5fc10c,
} as const;

/** Attempts for PIN and PUK of a new card. */
export const TRIES = 3;

/** Length of a PIN or PUK in a command, in bytes. */
export const SECRET_LENGTH = 8;

/** A card PIN is 6 to 8 digits (SP 800-73-4 part 2 section 2.4.3). */
export const isPin = (value: string): boolean => /^[0-9]{6,8}$/.test(value);

/** A PUK of this product's cards is 8 digits. */
export const isPuk = (value: string): boolean => /^[0-9]{8}$/.test(value);

/** Encodes a well-formed PIN or PUK as 8 bytes, padded with ff. */
export const padded = (secret: string): Uint8Array => {
  const bytes = new Uint8Array(SECRET_LENGTH).fill(0xff);
  bytes.set(Buffer.from(secret, 'latin1').subarray(0, SECRET_LENGTH));
  return bytes;
};

/** Returns whether eight bytes are a padded PIN. */
export const isPaddedPin = (bytes: Uint8Array): boolean =>
  bytes.length === SECRET_LENGTH && /^[0-9]{6,8}\xff{0,2}$/.test(Buffer.from(bytes).toString('latin1'));
