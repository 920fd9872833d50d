import { createHash, X509Certificate } from 'node:crypto';
import { randomToken } from '@alongside/kernel/ids';
import type { CardSignature } from '../../src/cis/protocol.ts';
import { CardError } from '../card/card-error.ts';
import { PivClient, type Verification } from '../card/piv-client.ts';
import { algorithmOf, type SignatureAlgorithmId } from '../card/signature-algorithms.ts';
import type { CardTransport } from '../card/transport.ts';

/** What is known of a card beside what stands on its chip, such as the name printed on it. */
export interface CardLabel {
  serial: string;
  persona: string | null;
  name: string;
}

/** Why a card is refused until it is put in again, in a sentence for the person. */
export interface CardProblem {
  error: 'card_rejected' | 'no_role';
  sentence: string;
}

export const rejected = (sentence: string): CardProblem => ({ error: 'card_rejected', sentence });

const sentences = {
  not_a_piv_card: 'This card is not a smartcard that can be used here.',
  object_missing: 'There is no certificate on this card. Please contact your Registration Authority.',
  malformed_response:
    'The certificate on this card cannot be read. Please contact your Registration Authority.',
};

/** What a person reads when their card cannot be used at all. */
export const sentenceOf = (error: unknown): string =>
  (error instanceof CardError ? (sentences as Partial<Record<string, string>>)[error.code] : undefined) ??
  'The card cannot be read. Please take it out and try again.';

/** One insertion of a card. */
export class DeskCard {
  /** Tells this insertion from every other. */
  readonly insertion = randomToken(12);
  readonly label: CardLabel;
  /** The holder's uid, as the authentication certificate names it; empty when the card could not be read. */
  readonly uid: string;
  /** PIN attempts left; 0 means blocked; null while nobody knows. */
  attemptsLeft: number | null;
  /** Why the card cannot be used. */
  problem: CardProblem | null;
  readonly #client: PivClient;
  readonly #certificate: Uint8Array;
  readonly #algorithm: SignatureAlgorithmId | undefined;

  private constructor(
    client: PivClient,
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
    this.attemptsLeft = read.attemptsLeft;
    this.problem = read.problem;
    this.label = read.label ?? { serial: read.uid, persona: null, name: read.uid };
  }

  /** Reads a card that was put in. One that cannot be used has a `problem`. @throws CardError `card_removed` */
  static async read(transport: CardTransport, label: CardLabel | undefined): Promise<DeskCard> {
    const client = new PivClient(transport);
    let attemptsLeft: number | null = null;
    try {
      await client.select();
      attemptsLeft = await client.attemptsLeft();
      const certificate = await client.readCertificate('authentication');
      const uid = holderOf(certificate);
      const usable = uid !== '' && algorithmOf(certificate) !== undefined;
      const problem = usable ? null : rejected(sentences.malformed_response);
      return new DeskCard(client, { certificate, uid, attemptsLeft, problem, label });
    } catch (error) {
      if (error instanceof CardError && error.code === 'card_removed') throw error;
      return new DeskCard(client, {
        certificate: new Uint8Array(),
        uid: '',
        attemptsLeft,
        problem: rejected(sentenceOf(error)),
        label,
      });
    }
  }

  get blocked(): boolean {
    return this.attemptsLeft === 0;
  }

  /** Whether a PIN could make a sign-in of it. */
  get usable(): boolean {
    return this.problem === null && !this.blocked;
  }

  /** Gives the PIN to the card and keeps count. @throws CardError `card_removed`, `transaction_failed` */
  async verifyPin(pin: string): Promise<Verification> {
    const verification = await this.#client.verifyPin(pin).catch((error: unknown): Verification => {
      if (error instanceof CardError && error.code === 'pin_blocked') return { ok: false, attemptsLeft: 0 };
      throw error;
    });
    this.attemptsLeft = verification.ok ? await this.#client.attemptsLeft() : verification.attemptsLeft;
    return verification;
  }

  /** Asks the card how many attempts are left. @throws CardError */
  async recount(): Promise<void> {
    this.attemptsLeft = await this.#client.attemptsLeft();
  }

  /** The card's signature over SHA-256 of the message. @throws CardError `pin_required` when the PIN was not given since the insertion */
  async sign(message: Uint8Array): Promise<CardSignature> {
    if (!this.#algorithm) throw new CardError('object_missing', 'The card has no certificate.');
    const digest = createHash('sha256').update(message).digest();
    const signature = await this.#client.sign('authentication', digest, this.#algorithm);
    return {
      certificate: Buffer.from(this.#certificate).toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
    };
  }
}

/** The uid in the subject of a certificate: its common name of 12 digits. Empty when there is none. */
function holderOf(certificate: Uint8Array): string {
  try {
    return /^CN=([0-9]{12})$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? '';
  } catch {
    return '';
  }
}
