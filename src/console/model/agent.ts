import type { Refuse } from '@alongside/kernel/errors';
import {
  type AgentConfiguration,
  type AgentStatus,
  methods,
  type SignatureQuestionAnswer,
  type SocketCard,
  type SocketErrorData,
} from '../../../identity-agent/protocol.ts';
import { AgentRefusal, type AgentSocket, AgentUnreachable } from './agent-socket.ts';
import { errors } from './errors.ts';

/** A card with its secrets. The agent validates the other members. */
export interface ExportedCard {
  serial: string;
  uid: string;
  /** Private key of the card itself. */
  cardKey: string;
  profile?: unknown;
  keyType?: unknown;
  /** Sealed private keys with their certificates; absent before the first insertion. */
  slots?: unknown;
  [member: string]: unknown;
}

/** The refusal for each error of the agent. */
const refusals: Readonly<Partial<Record<SocketErrorData['error'], Refuse>>> = {
  wrong_pin: errors.wrongPin,
  card_blocked: errors.cardBlocked,
  no_open_question: errors.noQuestion,
  unknown_role: errors.roleUnknown,
  cis_unreachable: errors.cisUnreachable,
  card_removed: errors.cardRemoved,
  card_failed: errors.cardFailed,
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

/** No card has a longer name; the agent would refuse it as a malformed call. */
function namedCard(card: string): string {
  if (card.length > 200) throw errors.cardUnknown('its name has more than 200 characters');
  return card;
}

/** The Identity Agent of this machine. Methods throw refusals of the console, such as `agent_unreachable`. */
export class LocalAgent {
  readonly #socket: AgentSocket | undefined;

  /** @param socket undefined in an installation without an agent */
  constructor(socket: AgentSocket | undefined) {
    this.#socket = socket;
  }

  status(): Promise<AgentStatus> {
    return this.#call(methods.status);
  }

  configuration(): Promise<AgentConfiguration> {
    return this.#call(methods.configuration);
  }

  /** @param question answers only this prompt: `pin`, or the documents with this id */
  answerPin(pin: string, question?: string): Promise<AgentStatus> {
    return this.#call(methods.answerPin, { pin, ...(question === undefined ? {} : { question }) });
  }

  /** Returns the documents that a page wants signed. */
  question(): Promise<SignatureQuestionAnswer> {
    return this.#call(methods.question);
  }

  /** Declines to sign them. */
  declineQuestion(): Promise<AgentStatus> {
    return this.#call(methods.declineQuestion);
  }

  answerRole(roleId: string): Promise<AgentStatus> {
    return this.#call(methods.answerRole, { roleId });
  }

  /** Reports that the screen of the workstation was locked or unlocked. */
  lockScreen(isLocked: boolean): Promise<AgentStatus> {
    return this.#call(isLocked ? methods.screenLocked : methods.screenUnlocked);
  }

  /** Ends the session, if there is one. */
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

  /** @param card serial, or persona or uid of the holder */
  async editCard(card: string, change: { pin?: string; locked?: boolean }): Promise<SocketCard> {
    return this.#call(methods.editCard, { card: namedCard(card), ...change });
  }

  async removeCard(card: string): Promise<void> {
    await this.#call(methods.removeCard, { card: namedCard(card) });
  }

  /** Returns all cards with their secrets, oldest first. */
  async exportCards(): Promise<ExportedCard[]> {
    return (await this.#call<{ cards: ExportedCard[] }>(methods.exportCards)).cards;
  }

  /** Replaces all cards, or adds these to them. */
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
