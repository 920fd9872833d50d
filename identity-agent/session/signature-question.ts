import { hash } from 'node:crypto';
import { randomToken } from '@alongside/kernel/ids';
import type { DeskCard } from './desk-card.ts';

/** Documents that a page wants signed, from a request that was checked. */
export interface DocumentsToSign {
  /** Origin of the page. */
  readonly from: string;
  readonly algorithm: 'RS256' | 'RS1';
  readonly documents: readonly { readonly id: string; readonly bytes: Uint8Array }[];
}

/** Why nothing was signed. */
export type SignatureFailure =
  | 'no_signing_certificate'
  | 'declined'
  | 'page_left'
  | 'timed_out'
  | 'card_removed'
  | 'another_card'
  | 'card_blocked'
  | 'busy'
  | 'card_failed'
  | 'cis_unreachable';

export type SignatureResult =
  | {
      readonly ok: true;
      /** DER. */
      readonly certificate: Uint8Array;
      readonly signatures: readonly { readonly id: string; readonly signature: Uint8Array }[];
    }
  | { readonly ok: false; readonly error: SignatureFailure };

/** The question whether to sign documents, open until the user answers, the card is removed, the page leaves or time is up. */
export class SignatureQuestion {
  readonly id = randomToken(12);
  readonly wanted: DocumentsToSign;
  readonly card: DeskCard;
  readonly #end = Promise.withResolvers<SignatureResult>();
  #isOver = false;

  constructor(wanted: DocumentsToSign, card: DeskCard) {
    this.wanted = wanted;
    this.card = card;
  }

  /** SHA-256 of each document, hexadecimal. */
  get digests(): string[] {
    return this.wanted.documents.map(({ bytes }) => hash('sha256', bytes, 'hex'));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get result(): Promise<SignatureResult> {
    return this.#end.promise;
  }

  /** The first end counts. */
  end(result: SignatureResult | SignatureFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end.resolve(typeof result === 'string' ? { ok: false, error: result } : result);
  }
}
