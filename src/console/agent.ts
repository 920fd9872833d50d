import type { Refuse } from '@alongside/kernel/errors';
import {
  type AgentStatus,
  methods,
  type SocketCard,
  type SocketErrorData,
} from '../../identity-agent/protocol.ts';
import { AgentRefusal, type AgentSocket, AgentUnreachable } from './agent-socket.ts';
import { errors } from './errors.ts';

/** A card with its secrets, as agents hand them over. The agent reads the other members. */
export interface ExportedCard {
  serial: string;
  uid: string;
  /** The card's own key. */
  cardKey: string;
  profile?: unknown;
  keyType?: unknown;
  /** Its private keys, sealed, with their certificates; absent before the first insertion. */
  slots?: unknown;
  [member: string]: unknown;
}

/** What the agent refuses, as the API answers it; anything else is an act on a card that was not carried out. */
const refusals: Readonly<Partial<Record<SocketErrorData['error'], Refuse>>> = {
  wrong_pin: errors.wrongPin,
  card_blocked: errors.cardBlocked,
  no_open_question: errors.noQuestion,
  unknown_role: errors.roleUnknown,
  cis_unreachable: errors.cisUnreachable,
  card_removed: errors.cardRemoved,
  unknown_card: errors.cardUnknown,
  duplicate_card: errors.cardTaken,
  invalid_card: errors.cardInvalid,
  no_virtual_reader: errors.noVirtualReader,
  ticket: errors.noQuestion,
};

function translated(error: unknown): unknown {
  if (error instanceof AgentUnreachable) return errors.agentUnreachable(error.message, {}, error);
  if (!(error instanceof AgentRefusal)) return error;
  const { data, message } = error;
  const refuse = data && Object.hasOwn(refusals, data.error) ? refusals[data.error] : undefined;
  if (!data || !refuse) return errors.agentFailed(message, {}, error);
  if (data.error === 'wrong_pin' && typeof data.attemptsLeft === 'number')
    return refuse(message, { attemptsLeft: data.attemptsLeft });
  return refuse(message, data.error === 'invalid_card' ? { problem: message } : {}, error);
}

/** The agent of this machine as a developer drives it. Every method throws a refusal of the console, `agent_unreachable` among them. */
export class LocalAgent {
  readonly #socket: AgentSocket | undefined;

  /** @param socket undefined where no agent belongs to this installation */
  constructor(socket: AgentSocket | undefined) {
    this.#socket = socket;
  }

  status(): Promise<AgentStatus> {
    return this.#call(methods.status);
  }

  answerPin(pin: string): Promise<AgentStatus> {
    return this.#call(methods.answerPin, { pin });
  }

  answerRole(roleId: string): Promise<AgentStatus> {
    return this.#call(methods.answerRole, { roleId });
  }

  /** Ends the session; that nobody is signed in is as good. */
  async signOut(): Promise<void> {
    if (!this.#socket) throw errors.agentUnreachable('there is no agent here');
    try {
      await this.#socket.call(methods.destroyTicket);
    } catch (error) {
      if (error instanceof AgentRefusal && error.data?.error === 'ticket') return;
      throw translated(error);
    }
  }

  async cards(): Promise<SocketCard[]> {
    return (await this.#call<{ cards: SocketCard[] }>(methods.listCards)).cards;
  }

  addCard(seed: {
    serial: string;
    uid: string;
    name: string;
    persona?: string;
    keyType?: string;
    pin?: string;
    locked?: boolean;
  }): Promise<SocketCard> {
    return this.#call(methods.addCard, seed);
  }

  /** @param card serial, persona or uid, as everywhere here */
  editCard(card: string, change: { pin?: string; locked?: boolean }): Promise<SocketCard> {
    return this.#call(methods.editCard, { card, ...change });
  }

  async removeCard(card: string): Promise<void> {
    await this.#call(methods.removeCard, { card });
  }

  /** Every card with its secrets, the oldest first. */
  async exportCards(): Promise<ExportedCard[]> {
    return (await this.#call<{ cards: ExportedCard[] }>(methods.exportCards)).cards;
  }

  /** Puts these cards in the place of all others, or adds them. */
  async importCards(cards: readonly ExportedCard[], add: boolean): Promise<void> {
    await this.#call(methods.importCards, { version: 1, cards, add });
  }

  insertCard(card: string): Promise<AgentStatus> {
    return this.#call(methods.insertCard, { card });
  }

  takeCard(): Promise<AgentStatus> {
    return this.#call(methods.takeCard);
  }

  reset(): Promise<AgentStatus> {
    return this.#call(methods.reset);
  }

  async #call<T>(method: string, params: object = {}): Promise<T> {
    if (!this.#socket) throw errors.agentUnreachable('there is no agent here');
    try {
      return await this.#socket.call<T>(method, params);
    } catch (error) {
      throw translated(error);
    }
  }
}
