import { type CardKeyTypeId, isKeyTypeId } from './key-types.ts';
import { isPin, isPuk, type SlotName, TRIES } from './piv.ts';

/** Special properties of a virtual card's certificates, which the issuer applies. */
export const cardProfiles = ['standard', 'expired', 'revoked', 'renew', 'foreign'] as const;
export type CardProfile = (typeof cardProfiles)[number];

/** Default PIN and PUK of a new card. */
export const DEFAULT_PIN = '123456';
const DEFAULT_PUK = '87654321';

/** Data to create a virtual card. */
export interface CardSeed {
  /** 12 digits; by default random for `add`, derived from the uid for `reset`. */
  readonly serial?: string;
  /** Short name of the holder, such as `gp`. */
  readonly persona?: string;
  /** The holder's 12 digits. */
  readonly uid: string;
  /** The name printed on the card. */
  readonly name: string;
  /** Series label, `10` by default. */
  readonly series?: string;
  /** `EC-P256` by default. */
  readonly keyType?: CardKeyTypeId;
  /** `standard` by default. */
  readonly profile?: CardProfile;
  /** 6 to 8 digits. */
  readonly pin?: string;
  /** 8 digits. */
  readonly puk?: string;
  /** Creates the card with a blocked PIN. */
  readonly locked?: boolean;
}

/** The public part of a virtual card, without secrets. */
export interface Card {
  readonly serial: string;
  readonly persona: string | undefined;
  readonly uid: string;
  readonly name: string;
  readonly series: string;
  readonly keyType: CardKeyTypeId;
  readonly profile: CardProfile;
  readonly pinTriesLeft: number;
  readonly pukTriesLeft: number;
  /** Whether no PIN attempts are left. */
  readonly locked: boolean;
  /** DER; undefined until the card is first inserted into a reader. */
  readonly certificates: Readonly<Record<SlotName, Uint8Array>> | undefined;
}

/** A stored PIN or PUK: a keyed hash (base64url) and the remaining attempts. */
export interface StoredSecret {
  readonly hash: string;
  readonly triesLeft: number;
}

/** A stored key of a card: PKCS#8 encrypted under the card's own key, and its certificate (base64 DER). */
export interface StoredSlot {
  readonly privateKey: string;
  readonly certificate: string;
  /** That of the card by default. */
  readonly keyType?: CardKeyTypeId;
}

export interface StoredCard
  extends Required<Pick<CardSeed, 'uid' | 'name' | 'series' | 'keyType' | 'profile'>> {
  readonly serial: string;
  readonly persona?: string;
  /** The card's own key: encrypted in the file, base64url in an export. */
  readonly cardKey: string;
  readonly pin: StoredSecret;
  readonly puk: StoredSecret;
  /** The PUK, encrypted under the card's own key; it is sent to the issuer with the first keys. */
  readonly unblockingCode?: string;
  readonly slots?: Readonly<Record<SlotName, StoredSlot>>;
}

export type CardStoreErrorCode = 'unknown_card' | 'duplicate_card' | 'invalid_card' | 'damaged_store';

/** An error of the card store. Its message names the member, never a secret. */
export class CardStoreError extends Error {
  readonly code: CardStoreErrorCode;

  constructor(code: CardStoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CardStoreError';
    this.code = code;
  }
}

type Check = (value: unknown) => boolean;
const text =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (values: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const members =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' && value !== null && wrongMember(value, checks) === undefined;

/** Returns the first invalid or unknown member. */
function wrongMember(value: object, checks: Readonly<Record<string, Check>>): string | undefined {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(checks, name));
  const entries = value as Record<string, unknown>;
  return unknown ?? Object.keys(checks).find((name) => !checks[name]?.(entries[name]));
}

const digits12 = text(/^[0-9]{12}$/);
const base64url = text(/^[A-Za-z0-9_.-]{1,8192}$/);
const base64 = text(/^[A-Za-z0-9+/=]{1,16384}$/);

const about: Record<string, Check> = {
  persona: optional(text(/^[a-z0-9][a-z0-9-]{0,39}$/)),
  uid: digits12,
  name: text(/^[^\p{Cc}]{1,100}$/u),
};

const seedChecks: Record<string, Check> = {
  ...about,
  serial: optional(digits12),
  series: optional(text(/^[0-9]{1,2}$/)),
  keyType: optional(isKeyTypeId),
  profile: optional(oneOf(cardProfiles)),
  pin: optional((value) => typeof value === 'string' && isPin(value)),
  puk: optional((value) => typeof value === 'string' && isPuk(value)),
  locked: optional((value) => typeof value === 'boolean'),
};

const storedSecret = members({
  hash: base64url,
  triesLeft: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= TRIES,
});
const storedSlot = members({ privateKey: base64url, certificate: base64, keyType: optional(isKeyTypeId) });

const storedChecks: Record<string, Check> = {
  ...about,
  serial: digits12,
  series: text(/^[0-9]{1,2}$/),
  keyType: isKeyTypeId,
  profile: oneOf(cardProfiles),
  cardKey: base64url,
  pin: storedSecret,
  puk: storedSecret,
  unblockingCode: optional(base64url),
  slots: optional(members({ authentication: storedSlot, signing: storedSlot })),
};

/** Refuses an invalid seed. @throws CardStoreError `invalid_card` */
export function requireSeed(value: object): asserts value is CardSeed {
  const wrong = wrongMember(value, seedChecks);
  if (wrong !== undefined)
    throw new CardStoreError('invalid_card', `The card's "${wrong}" is not acceptable.`);
}

/** Fills in the defaults of a seed, except the serial. @throws CardStoreError `invalid_card` */
export function completeSeed(seed: CardSeed) {
  requireSeed(seed);
  const { series = '10', keyType = 'EC-P256', profile = 'standard', locked = false } = seed;
  const { pin = DEFAULT_PIN, puk = DEFAULT_PUK } = seed;
  return { ...seed, series, keyType, profile, pin, puk, locked };
}

/** Parses a list of stored cards from outside. @throws CardStoreError `invalid_card`, `duplicate_card` */
export function parseStoredCards(value: unknown): StoredCard[] {
  if (!Array.isArray(value)) throw new CardStoreError('invalid_card', 'A list of cards is expected.');
  const serials = new Set<string>();
  for (const card of value as unknown[]) {
    if (typeof card !== 'object' || card === null)
      throw new CardStoreError('invalid_card', 'A card is not an object.');
    const wrong = wrongMember(card, storedChecks);
    if (wrong !== undefined)
      throw new CardStoreError('invalid_card', `A card's "${wrong}" is not acceptable.`);
    const { serial } = card as StoredCard;
    if (serials.has(serial)) throw new CardStoreError('duplicate_card', `Card ${serial} exists twice.`);
    serials.add(serial);
  }
  return value as StoredCard[];
}

const der = (base64Text: string): Uint8Array => new Uint8Array(Buffer.from(base64Text, 'base64'));

export function publicCard(card: StoredCard): Card {
  const { cardKey: _cardKey, unblockingCode: _code, pin, puk, slots, persona, ...rest } = card;
  return {
    ...rest,
    persona,
    pinTriesLeft: pin.triesLeft,
    pukTriesLeft: puk.triesLeft,
    locked: pin.triesLeft === 0,
    certificates: slots && {
      authentication: der(slots.authentication.certificate),
      signing: der(slots.signing.certificate),
    },
  };
}
