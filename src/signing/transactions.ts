import { randomToken } from '@alongside/kernel/ids';
import { parseOwnJson } from '@alongside/kernel/json';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import type { Statement } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { Ending } from './errors.ts';
import type { Payload, SignatureAlgorithm } from './request/claims.ts';

/** A request for signatures that waits for the presence check. */
export interface SigningRequest {
  application: string;
  applicationName: string;
  /** Client id of the application at the platform. */
  clientId: string;
  /** Uid of the person who must sign. */
  uid: string;
  /** Family of the access token. */
  family: string;
  /** Address of the application, and its `state`. */
  callback: string;
  state: string | null;
  algorithm: SignatureAlgorithm;
  payloads: readonly Payload[];
}

/** The outcome of a request: signatures, or why there are none. */
export type SigningAnswer = Pick<SigningRequest, 'application' | 'uid' | 'callback' | 'state'> &
  ({ signatures: readonly Signature[]; certificate: string } | { ending: Ending; detail?: string });

/** A signature in base64, under the id of its payload. */
export interface Signature {
  id: string;
  signature: string;
}

/** A person on the way through CIS2. */
export interface PendingPresence {
  token: string;
  nonce: string;
  /** The sealed code verifier (RFC 7636). */
  verifier: string;
  /** SHA-256 of the cookie of the browser that began. */
  browser: string;
  /** Milliseconds; the proof must be newer. */
  startedAt: number;
}

/** Milliseconds for the presence check, and after it for the application to fetch the signatures. */
export const lifetime = 600_000;

const requestKind = 'signing-request';
const answerKind = 'signing-answer';
const presenceKind = 'signing-presence';
const replayKind = 'signing-jws';

type StoredRequest = Omit<SigningRequest, 'payloads'> & { payloads: string };

/** The signature requests by their tokens. Only hashes of tokens are stored, and payloads are encrypted. */
export class Transactions {
  readonly #singleUse: SingleUse;
  readonly #vault: Vault;

  constructor(singleUse: SingleUse, vault: Vault) {
    this.#singleUse = singleUse;
    this.#vault = vault;
  }

  newToken(): string {
    return randomToken();
  }

  /** Returns the condition that a whole JWS was not used before, for longer than it is valid. */
  unusedStatement(jws: string): Statement {
    return this.#singleUse.claimStatement(replayKind, sha256(jws), 2 * lifetime);
  }

  keepStatement(token: string, request: SigningRequest): Statement {
    const payloads = this.#vault.seal(requestKind, JSON.stringify(request.payloads));
    return this.#singleUse.keepStatement(requestKind, token, { ...request, payloads }, lifetime);
  }

  /** Returns a request that was neither completed nor has expired. */
  async find(token: string): Promise<SigningRequest | undefined> {
    const stored = await this.#singleUse.peek<StoredRequest>(requestKind, token);
    return stored && this.#opened(stored);
  }

  /** Returns a request also after its end, and whether it has expired. */
  async findAny(
    token: string,
  ): Promise<(StoredRequest & { expiresAt: number; usedAt: number | null }) | undefined> {
    const found = await this.#singleUse.find<StoredRequest>(requestKind, token);
    return found && { ...found.payload, expiresAt: found.expiresAt, usedAt: found.usedAt };
  }

  /** Returns the statements that complete a request with its answer. Only one of several concurrent batches succeeds. */
  completeStatements(token: string, answer: SigningAnswer): Statement[] {
    return [
      this.#singleUse.spendStatement(requestKind, token),
      this.#singleUse.keepStatement(answerKind, token, answer, lifetime),
    ];
  }

  /** Returns the answer of a completed request, as often as the application calls. */
  answer(token: string): Promise<SigningAnswer | undefined> {
    return this.#singleUse.peek<SigningAnswer>(answerKind, token);
  }

  beginStatement(state: string, presence: Omit<PendingPresence, 'verifier'>, verifier: string): Statement {
    const sealed = this.#vault.seal(presenceKind, verifier);
    return this.#singleUse.keepStatement(presenceKind, state, { ...presence, verifier: sealed }, lifetime);
  }

  peekPresence(state: string): Promise<PendingPresence | undefined> {
    return this.#singleUse.peek<PendingPresence>(presenceKind, state);
  }

  /** Spends a started presence check: one response of CIS2 counts. */
  takePresence(state: string): Promise<PendingPresence | undefined> {
    return this.#singleUse.spend<PendingPresence>(presenceKind, state);
  }

  verifierOf({ verifier }: PendingPresence): string {
    return this.#vault.open(presenceKind, verifier);
  }

  #opened(stored: StoredRequest): SigningRequest {
    return { ...stored, payloads: parseOwnJson(this.#vault.open(requestKind, stored.payloads)) };
  }
}
