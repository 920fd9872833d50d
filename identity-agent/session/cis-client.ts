import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import {
  type AgentEndCause,
  agentCallType,
  type CardRenewalRequest,
  type CertificateAnswer,
  type CertificateRequest,
  type ChallengeAnswer,
  type EndCause,
  endWait,
  type HeartbeatAnswer,
  type HeldCard,
  type LegacyTicketAnswer,
  type PinAnswer,
  type PinRequest,
  type PinStateRequest,
  type PresenceRequest,
  paths,
  proofHeader,
  type SessionEnd,
  type SignInAnswer,
  type SignInRequest,
  type SigningKeyRequest,
  type UnlockAnswer,
  type UnlockRequest,
} from '../../src/cis/protocol.ts';
import { type ServerAnswer, ServerCallError, type Servers } from '../server-call.ts';
import type { HeldKey } from './agent-key.ts';

/** A refusal of CIS, with its reason for the user. */
export class CisRefusal extends Error {
  override name = 'CisRefusal';
  readonly status: number;
  /** `error` of the body. */
  readonly code: string;
  /** Set if CIS counts attempts. */
  readonly attemptsLeft: number | undefined;
  /** Why the session has ended, if CIS reports it. */
  readonly endCause: string | undefined;

  constructor(status: number, code: string, sentence: string, more: Record<string, unknown> = {}) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.attemptsLeft = Number.isSafeInteger(more.attemptsLeft) ? Number(more.attemptsLeft) : undefined;
    this.endCause = typeof more.cause === 'string' && more.cause !== '' ? more.cause.slice(0, 40) : undefined;
  }

  /** Whether it means that the session has ended. */
  get sessionIsOver(): boolean {
    return this.status === 404 || this.status === 410;
  }
}

export interface CisClientOptions {
  /** Origin of CIS, as in proofs for it. */
  url: string;
  servers: Servers;
  clock: Clock;
  /** The agent's own key. */
  agentKey: HeldKey;
  /** Bearer secret of the issuer of virtual cards. */
  cardIssuerSecret?: string;
}

const wordOf = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' && value.length <= 500 ? value : otherwise;

/**
 * The agent's client of CIS. Each call throws CisRefusal for a refusal, and ServerCallError for a missing response or an error of
 * CIS.
 */
export class CisClient {
  readonly #options: CisClientOptions;

  constructor(options: CisClientOptions) {
    this.#options = options;
  }

  /**
   * Returns a new challenge for the card.
   * @param correlation a value that links it to the PIN, in X-Correlation-ID
   */
  async challenge(correlation?: string): Promise<string> {
    const { challenge } = await this.#call<ChallengeAnswer>('POST', paths.challenge, {}, { correlation });
    return challenge;
  }

  signIn(request: SignInRequest): Promise<SignInAnswer> {
    return this.#call<SignInAnswer>('POST', paths.sessions, request, {
      key: this.#options.agentKey,
      withKey: true,
    });
  }

  /** Confirms the PIN in the same session. */
  pin(sessionId: string, key: HeldKey, request: PinRequest): Promise<PinAnswer> {
    return this.#call<PinAnswer>('POST', paths.pin(sessionId), request, { key, sessionId });
  }

  async chooseRole(sessionId: string, key: HeldKey, roleId: string): Promise<void> {
    await this.#call('PUT', paths.role(sessionId), { roleId }, { key, sessionId });
  }

  heartbeat(sessionId: string, key: HeldKey): Promise<HeartbeatAnswer> {
    return this.#call<HeartbeatAnswer>('POST', paths.heartbeat(sessionId), undefined, { key, sessionId });
  }

  /**
   * Waits for the end of a session by others. Returns the cause, null if it has not ended yet, or undefined if CIS sends none.
   */
  async ended(sessionId: string, key: HeldKey): Promise<EndCause | null | undefined> {
    const by = { key, sessionId, milliseconds: (endWait + 10) * 1_000 };
    const { endCause } = await this.#call<Partial<SessionEnd>>('GET', paths.end(sessionId), undefined, by);
    return endCause;
  }

  /** Ends a session. One that has already ended counts as success. */
  async end(sessionId: string, key: HeldKey, cause: AgentEndCause): Promise<void> {
    try {
      await this.#call('DELETE', paths.session(sessionId), { cause }, { key, sessionId });
    } catch (error) {
      if (!(error instanceof CisRefusal && error.sessionIsOver)) throw error;
    }
  }

  /** Announces this agent. */
  async presence(request: PresenceRequest): Promise<void> {
    await this.#call('POST', paths.presence, request, { key: this.#options.agentKey, withKey: true });
  }

  /** Reports that this agent has started, so that its former sessions end. */
  async started(): Promise<void> {
    // A user who is entering a PIN has to wait for this.
    await this.#call('DELETE', paths.agentSessions, undefined, { ...this.#ownKey, milliseconds: 2_000 });
  }

  /** Requests certificates for a virtual card. */
  certify(request: CertificateRequest): Promise<CertificateAnswer> {
    return this.#call('POST', paths.certificates, request, { secret: this.#issuerSecret });
  }

  /** Requests the certificate of another signing key of a virtual card. */
  certifySigning(request: SigningKeyRequest): Promise<Pick<CertificateAnswer, 'signing'>> {
    return this.#call('POST', paths.cardSigningKey, request, { secret: this.#issuerSecret });
  }

  get #issuerSecret(): string {
    const secret = this.#options.cardIssuerSecret;
    if (!secret) throw new ServerCallError('this agent has no secret to have virtual cards certified with');
    return secret;
  }

  /** Examines a card before the PIN prompt. @param correlation links it to the insertion, in X-Correlation-ID */
  async examineCard(held: HeldCard, correlation: string): Promise<void> {
    // A user who inserted a card waits for this.
    await this.#call('POST', paths.cardExamination, held, { milliseconds: 2_000, correlation });
  }

  /** Requests a mailed code to unlock this card. The response does not show whether CIS knows the card. */
  async requestUnlockCode(cardSerial: string, held: HeldCard): Promise<void> {
    await this.#call('POST', paths.unlockCode(cardSerial), held, this.#ownKey);
  }

  /** Returns the card's unblocking code for the mailed code, once. */
  async unlock(cardSerial: string, request: UnlockRequest): Promise<string> {
    const { unblockingCode } = await this.#call<UnlockAnswer>(
      'POST',
      paths.unlock(cardSerial),
      request,
      this.#ownKey,
    );
    return unblockingCode;
  }

  /** Requests certificates for new keys of the session's card. */
  renewCard(sessionId: string, key: HeldKey, request: CardRenewalRequest): Promise<CertificateAnswer> {
    return this.#call<CertificateAnswer>('POST', paths.cardRenewal(sessionId), request, { key, sessionId });
  }

  /** Returns a ticket of the legacy interface for this session, and invalidates the previous one. 404 if that is off. */
  async legacyTicket(sessionId: string, key: HeldKey): Promise<string> {
    const { ticket } = await this.#call<LegacyTicketAnswer>(
      'POST',
      paths.legacyTicket(sessionId),
      undefined,
      {
        key,
        sessionId,
      },
    );
    return ticket;
  }

  /** Reports to CIS that the PIN of a card is blocked or unblocked. */
  async pinState(cardSerial: string, request: PinStateRequest): Promise<void> {
    await this.#call('POST', paths.pinState(cardSerial), request, this.#ownKey);
  }

  get #ownKey() {
    return { key: this.#options.agentKey, withKey: true };
  }

  async #call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    json: unknown,
    by: {
      key?: HeldKey;
      withKey?: boolean;
      sessionId?: string;
      secret?: string;
      milliseconds?: number;
      correlation?: string | undefined;
    } = {},
  ): Promise<T> {
    const url = `${this.#options.url}${path}`;
    const headers: Record<string, string> = {};
    if (by.key) {
      const claims = { htm: method, htu: url, iat: seconds(this.#options.clock), jti: uuid() };
      const all = by.sessionId === undefined ? claims : { ...claims, sid: by.sessionId };
      headers[proofHeader] = await by.key.sign(agentCallType, all, { withKey: by.withKey ?? false });
    }
    if (by.correlation !== undefined) headers['x-correlation-id'] = by.correlation;
    if (by.secret !== undefined) headers.authorization = `Bearer ${by.secret}`;
    return read<T>(
      await this.#options.servers.call({ method, url, headers, json, milliseconds: by.milliseconds }),
    );
  }
}

function read<T>({ status, body }: ServerAnswer): T {
  if (status >= 500 || status === 429) throw new ServerCallError(`CIS answered ${status}`);
  const members = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (status >= 200 && status < 300) return members as T;
  throw new CisRefusal(
    status,
    wordOf(members.error, 'refused'),
    wordOf(members.error_description, 'The sign-in service refused this card.'),
    members,
  );
}
