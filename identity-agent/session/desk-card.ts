import { hash, X509Certificate } from 'node:crypto';
import { randomToken } from '@alongside/kernel/ids';
import type { CardSignature, HeldCard } from '../../src/cis/protocol.ts';
import { type CardClient, CardError, type Unblocking, type Verification } from '../card/card-client.ts';
import { algorithmOf, type SignatureAlgorithmId } from '../card/key-types.ts';
import type { InsertedCard } from '../card/transport.ts';

/** Facts about a card that are not on its chip, such as the printed name. */
export interface CardLabel {
  serial: string;
  persona: string | null;
  name: string;
}

/** Why a card is refused until it is inserted again, in a sentence for the user. */
export interface CardProblem {
  error: 'card_rejected' | 'no_role';
  sentence: string;
  /** The same as a code: the error of CIS or of the card. */
  refusal: string;
}

export const rejected = (sentence: string, refusal: string): CardProblem => ({
  error: 'card_rejected',
  sentence,
  refusal,
});

const sentences = {
  not_a_piv_card: 'This card is not a smartcard that can be used here.',
  object_missing: 'There is no certificate on this card. Please contact your Registration Authority.',
  malformed_response:
    'The certificate on this card cannot be read. Please contact your Registration Authority.',
};

/** Returns the sentence for a user with an unusable card. */
export const sentenceOf = (error: unknown): string =>
  (error instanceof CardError ? (sentences as Partial<Record<string, string>>)[error.code] : undefined) ??
  'The card cannot be read. Please take it out and try again.';

/** Returns the code of a card's failure. */
export const refusalOf = (error: unknown): string =>
  error instanceof CardError ? error.code : 'transaction_failed';

/** One insertion of a card. */
export class DeskCard {
  /** Identifies this insertion. */
  readonly insertion = randomToken(12);
  readonly label: CardLabel;
  /** The holder's uid from the authentication certificate; empty if the card is unreadable. */
  readonly uid: string;
  #attemptsLeft: number | null;
  #isAnswered = false;
  #problem: CardProblem | null;
  readonly #client: CardClient;
  #certificate: Uint8Array;
  #algorithm: SignatureAlgorithmId | undefined;

  private constructor(
    client: CardClient,
    read: {
      certificate: Uint8Array;
      uid: string;
      attemptsLeft: number | null;
      problem: CardProblem | null;
      label: CardLabel | undefined;
    },
  ) {
    this.#client = client;
    this.#certificate = read.certificate;
    this.#algorithm = read.certificate.length > 0 ? algorithmOf(read.certificate) : undefined;
    this.uid = read.uid;
    this.#attemptsLeft = read.attemptsLeft;
    this.#problem = read.problem;
    this.label = read.label ?? { serial: read.uid, persona: null, name: read.uid };
  }

  /** Reads an inserted card. An unusable one has a `problem`. @throws CardError `card_removed` */
  static async read(inserted: InsertedCard, label: CardLabel | undefined): Promise<DeskCard> {
    const client = inserted.open();
    let attemptsLeft: number | null = null;
    try {
      await client.select();
      attemptsLeft = await client.attemptsLeft();
      const certificate = await client.readCertificate('authentication');
      const uid = holderOf(certificate);
      const usable = uid !== '' && algorithmOf(certificate) !== undefined;
      const problem = usable ? null : rejected(sentences.malformed_response, 'malformed_response');
      return new DeskCard(client, { certificate, uid, attemptsLeft, problem, label });
    } catch (error) {
      if (error instanceof CardError && error.code === 'card_removed') throw error;
      return new DeskCard(client, {
        certificate: new Uint8Array(),
        uid: '',
        attemptsLeft,
        problem: rejected(sentenceOf(error), refusalOf(error)),
        label,
      });
    }
  }

  /** The proof for CIS that the card is present, also if its PIN is blocked. */
  get held(): HeldCard {
    return { certificate: Buffer.from(this.#certificate).toString('base64') };
  }

  /** Remaining PIN attempts; 0 means blocked, null unknown. */
  get attemptsLeft(): number | null {
    return this.#attemptsLeft;
  }

  /** Whether its PIN was entered. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Why the card is unusable. */
  get problem(): CardProblem | null {
    return this.#problem;
  }

  /** Refuses the card until it is inserted again. */
  refuse(problem: CardProblem): void {
    this.#problem = problem;
  }

  get blocked(): boolean {
    return this.#attemptsLeft === 0;
  }

  /** Whether a sign-in with the card is possible. */
  get usable(): boolean {
    return this.#problem === null && !this.blocked;
  }

  /** Expiry of the certificate in milliseconds; null without one. */
  get certificateEnds(): number | null {
    if (this.#certificate.length === 0) return null;
    try {
      return new X509Certificate(this.#certificate).validToDate.getTime();
    } catch {
      return null;
    }
  }

  /** Reads the certificate again after a renewal. @throws CardError */
  async reread(): Promise<void> {
    const certificate = await this.#client.readCertificate('authentication');
    if (holderOf(certificate) !== this.uid)
      throw new CardError('malformed_response', 'The new certificate has another holder.');
    this.#certificate = certificate;
    this.#algorithm = algorithmOf(certificate);
  }

  /** Sends the PIN to the card and updates the attempts. @throws CardError `card_removed`, `transaction_failed` */
  async verifyPin(pin: string): Promise<Verification> {
    this.#isAnswered = true;
    return this.#counted(this.#client.verifyPin(pin));
  }

  /** Changes the PIN and updates the attempts. @throws CardError */
  async changePin(pin: string, newPin: string): Promise<Verification> {
    return this.#counted(this.#client.changePin(pin, newPin));
  }

  /** Sets a new PIN with the card's unblocking code. `attemptsLeft` is that of the code; 0 means blocked. @throws CardError */
  async unblock(unblockingCode: string, newPin: string): Promise<Unblocking> {
    const done = await this.#client.unblock(unblockingCode, newPin).catch((error: unknown): Unblocking => {
      if (error instanceof CardError && error.code === 'pin_blocked') return { ok: false, attemptsLeft: 0 };
      throw error;
    });
    this.#attemptsLeft = await this.#client.attemptsLeft();
    return done;
  }

  async #counted(asked: Promise<Verification>): Promise<Verification> {
    const verification = await asked.catch((error: unknown): Verification => {
      if (error instanceof CardError && error.code === 'pin_blocked') return { ok: false, attemptsLeft: 0 };
      throw error;
    });
    this.#attemptsLeft = verification.ok ? await this.#client.attemptsLeft() : verification.attemptsLeft;
    return verification;
  }

  /** Reads the remaining attempts from the card. @throws CardError */
  async recount(): Promise<void> {
    this.#attemptsLeft = await this.#client.attemptsLeft();
  }

  /** Returns the certificate of the signing slot, DER. @throws CardError */
  signingCertificate(): Promise<Uint8Array> {
    return this.#client.readCertificate('signing');
  }

  /** Signs the digest of a document with the key of the signing slot. The PIN is sent to the card for each. @throws CardError */
  signDocument(digest: Uint8Array, algorithm: SignatureAlgorithmId, pin: string): Promise<Uint8Array> {
    return this.#client.sign('signing', digest, algorithm, pin);
  }

  /**
   * Returns the card's signature over SHA-256 of the message. @throws CardError `pin_required` if the PIN was not entered since
   * the insertion
   */
  async sign(message: Uint8Array): Promise<CardSignature> {
    if (!this.#algorithm) throw new CardError('object_missing', 'The card has no certificate.');
    const digest = hash('sha256', message, 'buffer');
    const signature = await this.#client.sign('authentication', digest, this.#algorithm);
    return {
      certificate: Buffer.from(this.#certificate).toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
    };
  }
}

/** Returns the uid in the subject of a certificate: its common name of 12 digits. Otherwise returns an empty string. */
function holderOf(certificate: Uint8Array): string {
  try {
    return /^CN=([0-9]{12})$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? '';
  } catch {
    return '';
  }
}
