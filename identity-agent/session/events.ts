import type { Party, Recorder } from '@alongside/kernel/events';
import type { DeskCard } from './desk-card.ts';
import type { AskingApplication } from './live-session.ts';
import type { DocumentsToSign } from './signature-question.ts';

/** Events for listeners: the notifications of the local socket. */
export interface AgentNotices {
  cardInserted: { serial: string };
  cardRemoved: { serial: string };
  cardBlocked: { serial: string };
  signedIn: { uid: string; roleId: string | null };
  signedOut: { cause: string };
  /** The session waits for the PIN; the reason is `card`, `screen` or `time`. */
  sessionLocked: { reason: string };
  sessionUnlocked: { uid: string };
  /** PIN or role is required at `page`, and no page with the prompt is open. `applications` are the names that they sent. */
  questionOpened: { question: 'pin' | 'role' | 'signature'; applications: readonly string[]; page: string };
}

/** The result of an entered PIN. */
interface PinAnswer {
  ok: boolean;
  error?: string;
  attemptsLeft?: number;
}

export type NoticeName = keyof AgentNotices;
export type NoticeListener = <N extends NoticeName>(name: N, params: AgentNotices[N]) => void;

/** The source of a submission, for its journey. */
export interface Answerer {
  from: Party;
  /** Values that link the journey; the insertion of the card is added. */
  keys: readonly string[];
  /** The application of the PIN; by default all that asked. */
  application?: AskingApplication;
}

/** The uid on the card, so that a journey has its person before there is a session. */
const holderOf = ({ uid }: DeskCard): { uid?: string } => (uid === '' ? {} : { uid });
const aboutCard = (card: DeskCard) => ({ card: card.label.serial, ...holderOf(card) });

/** Events that the agent records itself. Never a PIN. */
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
    const isRefused = name === 'agent.card-inserted' && !card.usable;
    const why: Record<string, string> = card.problem
      ? { result: 'card_rejected', refusal: card.problem.refusal, reason: card.problem.sentence }
      : { result: 'card_blocked' };
    const isUnanswered = name === 'agent.card-removed' && card.usable && !card.isAnswered;
    const detail = {
      ...aboutCard(card),
      ...(isRefused ? { usable: false, ...why } : {}),
      ...(isUnanswered ? { step: 'unanswered' } : {}),
    };
    this.#recorder.record({
      keys: [card.insertion, ...keys],
      from: 'identity-agent',
      to: 'identity-agent',
      name,
      outcome: isRefused ? 'refused' : 'ok',
      detail,
    });
  }

  /** Records an operation on the card. */
  cardAct(card: DeskCard, act: string, keys: readonly string[] = []): void {
    this.#recorder.record({
      keys: [card.insertion, ...keys],
      from: 'identity-agent',
      to: 'identity-agent',
      name: 'agent.card-act',
      detail: { act, ...aboutCard(card) },
    });
  }

  /** Records what became of documents that a page wants signed. */
  signature(
    card: DeskCard,
    act: string,
    { from, algorithm, documents }: Pick<DocumentsToSign, 'from' | 'algorithm' | 'documents'>,
  ): void {
    const isRefused = act !== 'signature-asked' && act !== 'documents-signed';
    this.#recorder.record({
      keys: [card.insertion],
      from: 'browser',
      to: 'identity-agent',
      name: 'agent.signature',
      outcome: isRefused ? 'refused' : 'ok',
      detail: { act, origin: from, algorithm, documents: documents.length, ...aboutCard(card) },
    });
  }

  pinAsked(to: Party, keys: readonly string[]): void {
    this.#recorder.record({ keys, from: 'identity-agent', to, name: 'agent.pin', detail: { step: 'asked' } });
  }

  /** @param ms for how long it was checked, with the sign-in */
  pinAnswered({ from, keys }: Answerer, card: DeskCard, given: PinAnswer, ms: number): void {
    const { insertion, problem } = card;
    const { ok, error = 'ok', attemptsLeft } = given;
    const outcome = ok ? 'ok' : 'refused';
    const detail: Record<string, string | number> = {
      step: 'answered',
      result: error,
      ms,
      ...holderOf(card),
    };
    if (attemptsLeft !== undefined) detail.attemptsLeft = attemptsLeft;
    this.#recorder.record({
      keys: [...keys, insertion],
      from,
      to: 'identity-agent',
      name: 'agent.pin',
      outcome,
      detail,
    });
    if (keys.length === 0) return;
    // The PIN is in the journey of the sign-in that asked for it. That of the card waits for it too.
    const refused = problem && {
      result: 'card_rejected',
      refusal: problem.refusal,
      reason: problem.sentence,
    };
    this.#recorder.record({
      keys: [insertion],
      from,
      to: 'identity-agent',
      name: 'agent.desk-pin',
      outcome: refused ? 'refused' : outcome,
      detail: { ...detail, ...refused },
    });
  }
}
