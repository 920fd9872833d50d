import { createHash } from 'node:crypto';
import { randomDigits } from '@alongside/kernel/ids';
import { type CardStoreFiles, readCards, writeCards } from './card-file.ts';
import {
  type CardIssuer,
  type CertificateIssuer,
  type IssuedKey,
  issueKeys,
  issueSigningKey,
} from './card-issue.ts';
import { type CardMemory, storedCardMemory } from './card-memory.ts';
import {
  type Card,
  type CardSeed,
  CardStoreError,
  completeSeed,
  parseStoredCards,
  publicCard,
  type StoredCard,
  type StoredSlot,
} from './card-record.ts';
import type { CardSecrets } from './card-secrets.ts';
import { Mutex } from './mutex.ts';
import { isPin, type SlotName, TRIES } from './piv.ts';

/** All cards with their keys, for another installation. Protect it like the cards. */
export interface CardExport {
  readonly version: 1;
  readonly cards: readonly StoredCard[];
}

type Cards = ReadonlyMap<string, StoredCard>;

const bySerial = (cards: readonly StoredCard[]): Cards => new Map(cards.map((card) => [card.serial, card]));
const unknown = (name: string): CardStoreError =>
  new CardStoreError('unknown_card', `There is no card "${name}".`);

/** Returns the serial of a seeded card: 12 digits derived from the uid, and the next ones for further cards of a person. */
function seededSerial(uid: string, taken: Cards): string {
  for (let card = 1; ; card += 1) {
    const hash = createHash('sha256').update(`alongside card ${uid} ${card}`).digest();
    const serial = String((hash.readUIntBE(0, 6) % 900_000_000_000) + 100_000_000_000);
    if (!taken.has(serial)) return serial;
  }
}

/**
 * The virtual cards of one agent, in one file that only this process writes. Changes are stored before the promise resolves. A
 * card is found by its serial, its persona or its holder's uid; the newest wins.
 */
export class CardStore {
  /** Whether the card file did not exist yet, so that the owner adds the seed. */
  readonly isNew: boolean;
  readonly #path: string;
  readonly #secrets: CardSecrets;
  readonly #mutex = new Mutex();
  readonly #making = new Map<StoredCard['cardKey'], Promise<Card>>();
  readonly #goneListeners = new Set<(serial: string) => void>();
  #cards: Cards;

  private constructor(path: string, secrets: CardSecrets, cards: readonly StoredCard[] | undefined) {
    this.isNew = cards === undefined;
    this.#path = path;
    this.#secrets = secrets;
    this.#cards = bySerial(cards ?? []);
  }

  /** Opens the store. @throws CardStoreError `damaged_store` for a file that is unreadable or of another installation */
  static async open(files: CardStoreFiles): Promise<CardStore> {
    const { secrets, cards } = await readCards(files);
    return new CardStore(files.path, secrets, cards);
  }

  list(): Card[] {
    return [...this.#cards.values()].map(publicCard);
  }

  /** Returns the card with this serial, persona or uid. */
  get(name: string): Card | undefined {
    const card = this.#find(name);
    return card && publicCard(card);
  }

  /** Adds a card, still without keys. @throws CardStoreError `invalid_card`, `duplicate_card` */
  async add(seed: CardSeed): Promise<Card> {
    return this.#mutex.run(async () => {
      const serial = seed.serial ?? randomDigits(12);
      if (this.#cards.has(serial))
        throw new CardStoreError('duplicate_card', `Card ${serial} already exists.`);
      const card = this.#make(serial, seed);
      await this.#put(card);
      return publicCard(card);
    });
  }

  /** Sets a new PIN, which restores the attempts; blocks (`locked: true`) or restores (`false`) the PIN. */
  async edit(name: string, { pin, locked }: { pin?: string; locked?: boolean }): Promise<Card> {
    if (pin !== undefined && !isPin(pin)) throw new CardStoreError('invalid_card', 'A PIN is 6 to 8 digits.');
    return this.#change(name, (card) => {
      const hash = pin === undefined ? card.pin.hash : this.#secrets.hash(card, 'pin', pin);
      const unlocked = pin === undefined && locked === undefined ? card.pin.triesLeft : TRIES;
      return { ...card, pin: { hash, triesLeft: locked ? 0 : unlocked } };
    });
  }

  /** Restores the attempts of PIN and PUK, like the card's issuer, and sets a new PIN if given. */
  async unblock(name: string, newPin?: string): Promise<Card> {
    if (newPin !== undefined && !isPin(newPin))
      throw new CardStoreError('invalid_card', 'A PIN is 6 to 8 digits.');
    return this.#change(name, (card) => {
      const hash = newPin === undefined ? card.pin.hash : this.#secrets.hash(card, 'pin', newPin);
      return { ...card, pin: { hash, triesLeft: TRIES }, puk: { ...card.puk, triesLeft: TRIES } };
    });
  }

  /** Destroys a card; a card in a reader is removed from it. */
  async remove(name: string): Promise<void> {
    await this.#mutex.run(async () => {
      const { serial } = this.#known(name);
      const rest = [...this.#cards.values()].filter((card) => card.serial !== serial);
      await this.#replaceAll(bySerial(rest), [serial]);
    });
  }

  /** Replaces all cards by these, without keys; the same seeds get the same serials. */
  async reset(seeds: readonly CardSeed[]): Promise<void> {
    await this.#mutex.run(async () => {
      const cards = new Map<string, StoredCard>();
      for (const seed of seeds) {
        const serial = seed.serial ?? seededSerial(seed.uid, cards);
        if (cards.has(serial)) throw new CardStoreError('duplicate_card', `Card ${serial} exists twice.`);
        cards.set(serial, this.#make(serial, seed));
      }
      await this.#replaceAll(cards, [...this.#cards.keys()]);
    });
  }

  exportAll(): CardExport {
    const cards = [...this.#cards.values()];
    return {
      version: 1,
      cards: cards.map((card) => ({ ...card, cardKey: this.#secrets.openCardKey(card) })),
    };
  }

  /** Replaces all cards by those of an export. @throws CardStoreError `invalid_card`, `duplicate_card`, without any change */
  async importAll(exported: unknown): Promise<void> {
    const { version, cards } = (exported ?? {}) as { version?: unknown; cards?: unknown };
    if (version !== 1) throw new CardStoreError('invalid_card', 'This is not an export of cards.');
    const imported = parseStoredCards(cards).map((card) => {
      if (Buffer.from(card.cardKey, 'base64url').length !== 32)
        throw new CardStoreError('invalid_card', `A card's "cardKey" is not acceptable.`);
      const sealed = { ...card, cardKey: this.#secrets.sealCardKey(card.serial, card.cardKey) };
      if (!this.#secrets.opens(sealed))
        throw new CardStoreError('invalid_card', `The keys of card ${card.serial} cannot be opened.`);
      return sealed;
    });
    await this.#mutex.run(() => this.#replaceAll(bySerial(imported), [...this.#cards.keys()]));
  }

  /** Creates keys and certificates for a card without them; concurrent calls create one set. Rejects with the issuer's error. */
  async ensureKeys(name: string, issuer: CertificateIssuer): Promise<Card> {
    const card = this.#known(name);
    if (card.slots) return publicCard(card);
    const making = this.#making.get(card.cardKey) ?? this.#makeKeys(card, issuer);
    this.#making.set(card.cardKey, making);
    try {
      return await making;
    } finally {
      this.#making.delete(card.cardKey);
    }
  }

  /** Replaces a card's keys and certificates. Rejects with the issuer's error, without any change. */
  renewKeys(name: string, issuer: CertificateIssuer): Promise<Card> {
    return this.#makeKeys({ ...this.#known(name), profile: 'standard' }, issuer);
  }

  /**
   * Replaces the signing key of a card with keys by an RSA one, unless it is one: verifiers of prescriptions take no other. It is made
   * at the first signature, because it takes much longer than the usual keys. Rejects with the issuer's error, without any change.
   */
  async ensureRsaSigningKey(name: string, issuer: CardIssuer): Promise<void> {
    const card = this.#known(name);
    const { signing, authentication } = card.slots ?? {};
    if (!signing || !authentication || (signing.keyType ?? card.keyType) === 'RSA-2048') return;
    const made = await issueSigningKey(card, 'RSA-2048', issuer);
    await this.#change(card.serial, (now) => {
      // Renewed or replaced in the meantime: the new keys stay.
      if (now.slots?.signing.privateKey !== signing.privateKey) return now;
      return {
        ...now,
        slots: {
          authentication,
          signing: { ...this.#sealed(card, 'signing', made), keyType: 'RSA-2048' as const },
        },
      };
    });
  }

  memory(name: string): CardMemory {
    const { serial, cardKey } = this.#known(name);
    return storedCardMemory({
      secrets: this.#secrets,
      current: () => {
        const card = this.#cards.get(serial);
        // The card key distinguishes this card from a later one with the same serial.
        if (card?.cardKey !== cardKey) throw unknown(serial);
        return card;
      },
      alone: (work) => this.#mutex.run(work),
      put: (card) => {
        // A used attempt counts even if the disk is full: otherwise guessing would be free.
        this.#cards = new Map(this.#cards).set(serial, card);
        return this.#save(this.#cards);
      },
    });
  }

  /** Calls the listener with the serial of each card that is destroyed or replaced. Returns a function that stops this. */
  onGone(listener: (serial: string) => void): () => void {
    this.#goneListeners.add(listener);
    return () => this.#goneListeners.delete(listener);
  }

  #find(name: string): StoredCard | undefined {
    const newestFirst = [...this.#cards.values()].reverse();
    return (
      this.#cards.get(name) ??
      newestFirst.find((c) => c.persona === name) ??
      newestFirst.find((c) => c.uid === name)
    );
  }

  #known(name: string): StoredCard {
    const card = this.#find(name);
    if (!card) throw unknown(name);
    return card;
  }

  #make(serial: string, seed: CardSeed): StoredCard {
    const { uid, name, persona, series, keyType, profile, pin, puk, locked } = completeSeed(seed);
    const key = { serial, cardKey: this.#secrets.makeCardKey(serial) };
    return {
      ...key,
      ...(persona === undefined ? {} : { persona }),
      uid,
      name,
      series,
      keyType,
      profile,
      pin: { hash: this.#secrets.hash(key, 'pin', pin), triesLeft: locked ? 0 : TRIES },
      puk: { hash: this.#secrets.hash(key, 'puk', puk), triesLeft: TRIES },
      unblockingCode: this.#secrets.sealUnblockingCode(key, puk),
    };
  }

  #sealed(card: StoredCard, slot: SlotName, key: IssuedKey): StoredSlot {
    return {
      privateKey: this.#secrets.sealPrivateKey(card, slot, key.privateKey),
      certificate: Buffer.from(key.certificate).toString('base64'),
    };
  }

  async #makeKeys(card: StoredCard, issuer: CertificateIssuer): Promise<Card> {
    const { authentication, signing } = await issueKeys(
      card,
      issuer,
      card.slots ? undefined : this.#secrets.openUnblockingCode(card),
    );
    const slots = {
      authentication: this.#sealed(card, 'authentication', authentication),
      signing: this.#sealed(card, 'signing', signing),
    };
    return this.#change(card.serial, (now) => {
      if (now.cardKey !== card.cardKey) throw unknown(card.serial);
      return { ...now, profile: card.profile, slots };
    });
  }

  #change(name: string, change: (card: StoredCard) => StoredCard): Promise<Card> {
    return this.#mutex.run(async () => {
      const card = change(this.#known(name));
      await this.#put(card);
      return publicCard(card);
    });
  }

  #put(card: StoredCard): Promise<void> {
    return this.#save(new Map(this.#cards).set(card.serial, card));
  }

  async #replaceAll(cards: Cards, gone: readonly string[]): Promise<void> {
    await this.#save(cards);
    this.#secrets.clear();
    for (const serial of gone) for (const listener of this.#goneListeners) listener(serial);
  }

  async #save(cards: Cards): Promise<void> {
    await writeCards(this.#path, this.#secrets, [...cards.values()]);
    this.#cards = cards;
  }
}
