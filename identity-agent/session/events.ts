import type { Party, Recorder } from '@alongside/kernel/events';
import type { DeskCard } from './desk-card.ts';

/** What the agent tells those who listen: the notifications of the local socket. */
export interface AgentNotices {
  cardInserted: { serial: string };
  cardRemoved: { serial: string };
  cardBlocked: { serial: string };
  signedIn: { uid: string; roleId: string | null };
  signedOut: { cause: string };
  /** The session waits for the PIN: `card`, `screen` or `time` says why. */
  sessionLocked: { reason: string };
  sessionUnlocked: { uid: string };
  /** PIN or role is asked for at `page`, and nobody looks at a page that asks. `applications` name themselves. */
  questionOpened: { question: 'pin' | 'role'; applications: readonly string[]; page: string };
}

export type NoticeName = keyof AgentNotices;
export type NoticeListener = <N extends NoticeName>(name: N, params: AgentNotices[N]) => void;

/** Whence an answer to a question came, for the journey that it belongs to. */
export interface Answerer {
  from: Party;
  /** Values that join the journey; the insertion of the card is added. */
  keys: readonly string[];
  /** The application that the PIN is given for; all that asked, unless told. */
  application?: string;
}

/** The arrows that the agent draws by itself. Never a PIN. */
export class AgentArrows {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  card(
    name: 'agent.card-inserted' | 'agent.card-removed',
    card: DeskCard,
    keys: readonly string[] = [],
  ): void {
    const detail = { card: card.label.serial, ...(card.problem || card.blocked ? { usable: false } : {}) };
    this.#recorder.record({
      keys: [card.insertion, ...keys],
      from: 'identity-agent',
      to: 'identity-agent',
      name,
      detail,
    });
  }

  /** Something was done to the card itself. */
  cardAct(card: DeskCard, act: string, keys: readonly string[] = []): void {
    this.#recorder.record({
      keys: [card.insertion, ...keys],
      from: 'identity-agent',
      to: 'identity-agent',
      name: 'agent.card-act',
      detail: { act, card: card.label.serial },
    });
  }

  pinAsked(to: Party, keys: readonly string[]): void {
    this.#recorder.record({ keys, from: 'identity-agent', to, name: 'agent.pin', detail: { step: 'asked' } });
  }

  pinAnswered({ from, keys }: Answerer, insertion: string, result: string): void {
    const outcome = result === 'ok' ? 'ok' : 'refused';
    const detail = { step: 'answered', result };
    this.#recorder.record({
      keys: [...keys, insertion],
      from,
      to: 'identity-agent',
      name: 'agent.pin',
      outcome,
      detail,
    });
  }
}
