import { type Clock, seconds } from '@alongside/kernel/clock';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { PortOwners } from '@alongside/kernel/port-owner';
import { errors } from '../errors.ts';
import {
  cardMessage,
  type ExchangeAnswer,
  type ExchangeRequest,
  type HandOffError,
  type HandOffProof,
  type HandOffRequest,
  proofType,
} from '../protocol.ts';
import type { Servers } from '../server-call.ts';
import type { Agent } from '../session/agent.ts';
import type { LiveSession } from '../session/live-session.ts';
import { applicationOf, type TrustedRequest } from './request.ts';

/** A hand-off in progress. */
export interface Journey {
  readonly trusted: TrustedRequest;
  /** PINs up to this one are too old for it; 0 accepts the live session. */
  pinsBefore: number;
}

interface VouchingDependencies {
  agent: Agent;
  exchange: Exchange;
  portOwners: PortOwners;
  clock: Clock;
  recorder: Recorder;
  log: Log;
}

/** Proves the user's live session to CIS2. */
export class Vouching {
  readonly #parts: VouchingDependencies;

  constructor(parts: VouchingDependencies) {
    this.#parts = parts;
  }

  /** Returns the session that may satisfy this request, without calling CIS or the card. */
  sessionFor({ trusted: { claims }, pinsBefore }: Journey): LiveSession | undefined {
    const { agent, clock } = this.#parts;
    const session = agent.vouching;
    if (!session || session.pinNumber <= pinsBefore || (!agent.card && !agent.cardMayLeave)) return undefined;
    if (!agent.isOpenFor(session, applicationOf(claims))) return undefined;
    const tooOld = claims.max_age !== undefined && clock.now() - session.pinTime > claims.max_age * 1000;
    return tooOld ? undefined : session;
  }

  /**
   * Returns the browser's redirect with a proof; undefined if the user must confirm first. If the card has forgotten the PIN,
   * the interaction asks for it. @throws Refusal `exchangeRefused`, `foreignListener`
   */
  async answer(journey: Journey): Promise<string | undefined> {
    const { agent, exchange, log } = this.#parts;
    const ownListener = await this.#ownsListener(journey.trusted.claims);
    await agent.refresh();
    const session = this.sessionFor(journey);
    if (!session) return undefined;
    const { trusted } = journey;
    const proof = await this.#prove(session, trusted.claims, ownListener).catch((error: unknown) => {
      log.info({ reason: reasonOf(error) }, 'the card did not sign a hand-off');
      return undefined;
    });
    if (proof === undefined || agent.vouching !== session) {
      journey.pinsBefore = Math.max(journey.pinsBefore, session.pinNumber);
      return undefined;
    }
    try {
      const location = await exchange.proven(trusted, proof, session.certificate);
      this.#note(trusted, 'ok', { result: 'proof' }, session.id);
      return location;
    } catch (error) {
      this.#note(trusted, error instanceof Refusal ? 'refused' : 'failed', { result: 'proof' });
      // If CIS has ended the session, prompts the user instead of refusing.
      await agent.refresh(true);
      if (agent.session !== session) return undefined;
      throw error;
    }
  }

  /** Returns the browser's redirect with the reason why there is no proof. @throws Refusal `exchangeRefused` */
  async refuse(trusted: TrustedRequest, error: HandOffError): Promise<string> {
    const location = await this.#parts.exchange.without(trusted, error);
    this.#note(trusted, 'ok', { result: error });
    return location;
  }

  /**
   * Returns whether a program of this user waits for the code; undefined if that is not known. Refuses if another user does, who can
   * send this user a link to begin the sign-in (RFC 8252 section 8.6).
   */
  async #ownsListener({ listener_port: port, client_name: name }: HandOffRequest): Promise<true | undefined> {
    const owner = port === undefined ? 'unknown' : await this.#parts.portOwners.ownerOf(port);
    if (owner === 'other') throw errors.foreignListener(`another user listens at port ${port}, for ${name}`);
    return owner === 'own' || undefined;
  }

  async #prove(session: LiveSession, claims: HandOffRequest, ownListener?: true): Promise<string> {
    const { agent, clock } = this.#parts;
    const card = await agent.signWithCard(session, cardMessage(claims.iss, claims.nonce));
    const proof: HandOffProof = {
      iss: agent.id,
      aud: claims.iss,
      request_jti: claims.jti,
      nonce: claims.nonce,
      txn_h: claims.txn_h,
      cis_sid: session.id,
      sub: session.uid,
      iat: seconds(clock),
      pin_time: Math.floor(session.pinTime / 1000),
      card_present: card !== null,
      ...(session.roleId === null ? {} : { selected_roleid: session.roleId }),
      ...(card === null ? {} : { card_signature: card.signature, card_certificate: card.certificate }),
      ...(ownListener ? { own_listener: true } : {}),
    };
    return session.key.sign(proofType, { ...proof });
  }

  #note(
    trusted: TrustedRequest,
    outcome: 'ok' | 'refused' | 'failed',
    detail: Record<string, string>,
    sessionId?: string,
  ): void {
    const keys = sessionId === undefined ? [trusted.claims.jti] : [trusted.claims.jti, sessionId];
    this.#parts.recorder.record({
      keys,
      from: 'identity-agent',
      to: 'cis2',
      name: 'agent.proof',
      outcome,
      detail,
    });
  }
}

const codeForm = /^[A-Za-z0-9._~-]{16,512}$/;

/** Exchanges proofs for codes at CIS2, server to server. Reads its address only from the configuration. */
export class Exchange {
  readonly #url: string;
  readonly #servers: Servers;

  constructor(url: string, servers: Servers) {
    this.#url = url;
    this.#servers = servers;
  }

  /** Returns the browser's redirect with the code for this proof. @throws Refusal `exchangeRefused` */
  proven(request: TrustedRequest, proof: string, sessionCertificate: string): Promise<string> {
    return this.#exchange(request, { proof, sessionCertificate });
  }

  /** Returns the browser's redirect with a code for the reason why there is no proof. @throws Refusal `exchangeRefused` */
  without(request: TrustedRequest, error: HandOffError): Promise<string> {
    return this.#exchange(request, { requestJti: request.claims.jti, error, request: request.jws });
  }

  async #exchange({ claims }: TrustedRequest, json: ExchangeRequest): Promise<string> {
    const answer = await this.#servers
      .call({ method: 'POST', url: this.#url, json })
      .catch((error: unknown) => {
        throw errors.exchangeRefused(reasonOf(error), {}, error);
      });
    const code = (answer.body as Partial<ExchangeAnswer> | undefined)?.code;
    if (answer.status !== 200 || typeof code !== 'string' || !codeForm.test(code)) {
      const reason = (answer.body as { error?: unknown } | undefined)?.error;
      throw errors.exchangeRefused(
        `CIS2 answered ${answer.status} ${typeof reason === 'string' ? reason.slice(0, 100) : ''}`,
      );
    }
    const location = new URL(claims.response_uri);
    location.searchParams.set('code', code);
    return location.href;
  }
}
