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
  type UnlockAnswer,
  type UnlockRequest,
} from '../../src/cis/protocol.ts';
import { type ServerAnswer, ServerCallError, type Servers } from '../server-call.ts';
import type { HeldKey } from './agent-key.ts';

/** CIS said no, with its reason for the person. */
export class CisRefusal extends Error {
  override name = 'CisRefusal';
  readonly status: number;
  /** `error` of the body. */
  readonly code: string;
  /** Where CIS counts. */
  readonly attemptsLeft: number | undefined;
  /** Why the session has ended, where CIS says so. */
  readonly endCause: string | undefined;

  constructor(status: number, code: string, sentence: string, more: Record<string, unknown> = {}) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.attemptsLeft = Number.isSafeInteger(more.attemptsLeft) ? Number(more.attemptsLeft) : undefined;
    this.endCause = typeof more.cause === 'string' && more.cause !== '' ? more.cause.slice(0, 40) : undefined;
  }

  /** Whether it means that the session is no more. */
  get sessionIsOver(): boolean {
    return this.status === 404 || this.status === 410;
  }
}

export interface CisClientOptions {
  /** Origin of CIS, as its proofs name it. */
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
 * CIS as the agent calls it. Each call throws CisRefusal when CIS says no, and ServerCallError when it gives no answer or
 * fails itself.
 */
export class CisClient {
  readonly #options: CisClientOptions;

  constructor(options: CisClientOptions) {
    this.#options = options;
  }

  /** A fresh challenge for the card. */
  async challenge(): Promise<string> {
    const { challenge } = await this.#call<ChallengeAnswer>('POST', paths.challenge, {});
    return challenge;
  }

  signIn(request: SignInRequest): Promise<SignInAnswer> {
    return this.#call<SignInAnswer>('POST', paths.sessions, request, {
      key: this.#options.agentKey,
      withKey: true,
    });
  }

  /** The PIN was given again, in the same session. */
  pin(sessionId: string, key: HeldKey, request: PinRequest): Promise<PinAnswer> {
    return this.#call<PinAnswer>('POST', paths.pin(sessionId), request, { key, sessionId });
  }

  async chooseRole(sessionId: string, key: HeldKey, roleId: string): Promise<void> {
    await this.#call('PUT', paths.role(sessionId), { roleId }, { key, sessionId });
  }

  heartbeat(sessionId: string, key: HeldKey): Promise<HeartbeatAnswer> {
    return this.#call<HeartbeatAnswer>('POST', paths.heartbeat(sessionId), undefined, { key, sessionId });
  }

  /** Waits for the end of a session that others make: why it has ended, null when it has not so far, undefined when CIS does not say. */
  async ended(sessionId: string, key: HeldKey): Promise<EndCause | null | undefined> {
    const by = { key, sessionId, milliseconds: (endWait + 10) * 1_000 };
    const { endCause } = await this.#call<Partial<SessionEnd>>('GET', paths.end(sessionId), undefined, by);
    return endCause;
  }

  /** Ends a session. One that is over already counts as ended. */
  async end(sessionId: string, key: HeldKey, cause: AgentEndCause): Promise<void> {
    try {
      await this.#call('DELETE', paths.session(sessionId), { cause }, { key, sessionId });
    } catch (error) {
      if (!(error instanceof CisRefusal && error.sessionIsOver)) throw error;
    }
  }

  /** Says that this agent is there. */
  async presence(request: PresenceRequest): Promise<void> {
    await this.#call('POST', paths.presence, request, { key: this.#options.agentKey, withKey: true });
  }

  /** Says that this agent has begun, so that what it had before ends. */
  async started(): Promise<void> {
    // Whoever gives a PIN meanwhile waits for it.
    await this.#call('DELETE', paths.agentSessions, undefined, { ...this.#ownKey, milliseconds: 2_000 });
  }

  /** Has the keys of a virtual card certified. */
  certify(request: CertificateRequest): Promise<CertificateAnswer> {
    const secret = this.#options.cardIssuerSecret;
    if (!secret) throw new ServerCallError('this agent has no secret to have virtual cards certified with');
    return this.#call<CertificateAnswer>('POST', paths.certificates, request, { secret });
  }

  /** Asks for a code by mail with which the holder can unlock this card. CIS does not say whether it knows the card. */
  async requestUnlockCode(cardSerial: string, held: HeldCard): Promise<void> {
    await this.#call('POST', paths.unlockCode(cardSerial), held, this.#ownKey);
  }

  /** The card's unblocking code for the mailed code. It is given once. */
  async unlock(cardSerial: string, request: UnlockRequest): Promise<string> {
    const { unblockingCode } = await this.#call<UnlockAnswer>(
      'POST',
      paths.unlock(cardSerial),
      request,
      this.#ownKey,
    );
    return unblockingCode;
  }

  /** Has new keys of the session's card certified. */
  renewCard(sessionId: string, key: HeldKey, request: CardRenewalRequest): Promise<CertificateAnswer> {
    return this.#call<CertificateAnswer>('POST', paths.cardRenewal(sessionId), request, { key, sessionId });
  }

  /** A ticket of the legacy interface for this session; it makes the one before worthless. 404 where that is off. */
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

  /** Tells that the PIN of a card is blocked, or open again: for CIS's record. */
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
    by: { key?: HeldKey; withKey?: boolean; sessionId?: string; secret?: string; milliseconds?: number } = {},
  ): Promise<T> {
    const url = `${this.#options.url}${path}`;
    const headers: Record<string, string> = {};
    if (by.key) {
      const claims = { htm: method, htu: url, iat: seconds(this.#options.clock), jti: uuid() };
      const all = by.sessionId === undefined ? claims : { ...claims, sid: by.sessionId };
      headers[proofHeader] = await by.key.sign(agentCallType, all, { withKey: by.withKey ?? false });
    }
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
