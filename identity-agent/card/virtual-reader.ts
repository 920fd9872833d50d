import { type CardClient, CardError } from './card-client.ts';
import type { CardIssuer, CertificateIssuer } from './card-issue.ts';
import { type Card, CardStoreError } from './card-record.ts';
import type { CardStore } from './card-store.ts';
import { PivApplet } from './piv-applet.ts';
import { PivClient } from './piv-client.ts';
import type { CardTransport, InsertedCard, Reader } from './transport.ts';

const removed = (): CardError => new CardError('card_removed', 'The card was taken out of the reader.');

/** A card in the slot: its applet, until it is removed. */
class VirtualCard implements CardTransport, InsertedCard {
  readonly serial: string;
  readonly #applet: PivApplet;
  #present = true;

  constructor(serial: string, applet: PivApplet) {
    this.serial = serial;
    this.#applet = applet;
  }

  open(): CardClient {
    return new PivClient(this);
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    if (!this.#present) throw removed();
    const response = await this.#applet.transmit(command);
    // The card may have been removed during the command; its response is then discarded.
    if (!this.#present) throw removed();
    return response;
  }

  forgetKeys(): void {
    this.#applet.forgetKeys();
  }

  pullOut(): void {
    this.#present = false;
    this.#applet.powerOff();
  }
}

/** A reader with one slot for the cards of a store. */
export class VirtualReader implements Reader {
  readonly name = 'Virtual reader';
  readonly #store: CardStore;
  readonly #issuer: CardIssuer;
  readonly #listeners = new Set<(present: boolean) => void>();
  readonly #forgetStore: () => void;
  #inserted: VirtualCard | undefined;
  /** The card that waits for its keys before insertion. Any later change of the slot cancels it. */
  #awaited: string | undefined;

  constructor(store: CardStore, issuer: CardIssuer) {
    this.#store = store;
    this.#issuer = issuer;
    this.#forgetStore = store.onGone((serial) => {
      if (this.#inserted?.serial === serial) this.remove();
    });
  }

  card(): (CardTransport & InsertedCard) | undefined {
    return this.#inserted;
  }

  get serial(): string | undefined {
    return this.#inserted?.serial;
  }

  onChange(listener: (present: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Inserts a card, named by serial, persona or uid, and creates its keys first if they do not exist. Another card is removed; the same
   * card stays unchanged.
   * @throws CardStoreError `unknown_card`
   * @throws CardError `card_removed` if the slot was used again before the keys existed
   */
  async insert(name: string): Promise<Card> {
    const card = this.#store.get(name);
    if (!card) throw new CardStoreError('unknown_card', `There is no card "${name}".`);
    const { serial } = card;
    if (this.#inserted?.serial === serial) return card;
    if (this.#awaited !== serial) this.remove();
    this.#awaited = serial;
    const ready = await this.#store.ensureKeys(serial, this.#issuer);
    if (this.#inserted?.serial === serial) return ready;
    if (this.#awaited !== serial) throw removed();
    this.#awaited = undefined;
    this.#inserted = new VirtualCard(serial, new PivApplet(this.#store.memory(serial)));
    this.#tell(true);
    return ready;
  }

  /**
   * Renews the keys of the card in the slot. Rejects with the issuer's error, and with CardError `card_removed` without a card.
   */
  async renew(issuer: CertificateIssuer): Promise<void> {
    const card = this.#inserted;
    if (!card) throw removed();
    await this.#store.renewKeys(card.serial, issuer);
    card.forgetKeys();
  }

  /** Gives the card in the slot an RSA signing key. Rejects as `renew`. */
  async ensureRsaSigningKey(): Promise<void> {
    const card = this.#inserted;
    if (!card) throw removed();
    await this.#store.ensureRsaSigningKey(card.serial, this.#issuer);
    card.forgetKeys();
  }

  /** Removes the card, if any. A running exchange fails with `card_removed`. */
  remove(): void {
    this.#awaited = undefined;
    const card = this.#inserted;
    if (!card) return;
    this.#inserted = undefined;
    card.pullOut();
    this.#tell(false);
  }

  async close(): Promise<void> {
    this.remove();
    this.#forgetStore();
    this.#listeners.clear();
  }

  #tell(present: boolean): void {
    for (const listener of this.#listeners) listener(present);
  }
}
