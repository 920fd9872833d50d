/** The names and numbers of PIV that card and client share (SP 800-73-4 parts 1 and 2). */

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

/** PIV card application, with its version. */
export const PIV_AID = hex('a000000308000010000100');
/** The same without the two bytes of version. */
export const PIV_AID_WITHOUT_VERSION = PIV_AID.slice(0, 9);
/** What the virtual card answers to reset: OpenSC's PIV cards do too. */
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

/** The two keys of a card, by what they are for. */
export type SlotName = 'authentication' | 'signing';

/** Where a key and its certificate are on the card (SP 800-73-4 part 1 tables 3 and 4b). */
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

/** Attempts of PIN and of PUK on a fresh card (reference part A2: three). */
export const TRIES = 3;

/** How many bytes a PIN or PUK has on the wire. */
export const SECRET_LENGTH = 8;

/** A card PIN is 6 to 8 digits (SP 800-73-4 part 2 section 2.4.3). */
export const isPin = (value: string): boolean => /^[0-9]{6,8}$/.test(value);

/** A PUK of this product's cards is 8 digits. */
export const isPuk = (value: string): boolean => /^[0-9]{8}$/.test(value);

/** A PIN or PUK as it goes to the card: 8 bytes, filled up with ff. Call it with a well-formed one only. */
export const padded = (secret: string): Uint8Array => {
  const bytes = new Uint8Array(SECRET_LENGTH).fill(0xff);
  bytes.set(Buffer.from(secret, 'latin1').subarray(0, SECRET_LENGTH));
  return bytes;
};

/** Whether eight bytes are a padded PIN, as the card checks it. */
export const isPaddedPin = (bytes: Uint8Array): boolean =>
  bytes.length === SECRET_LENGTH && /^[0-9]{6,8}\xff{0,2}$/.test(Buffer.from(bytes).toString('latin1'));
