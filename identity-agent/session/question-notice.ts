import type { Clock } from '@alongside/kernel/clock';
import type { Agent } from './agent.ts';

/** Minimum interval in milliseconds at which a repeated request opens the page. */
const pause = 10_000;

export interface QuestionNoticeParts {
  agent: Agent;
  clock: Clock;
  /** Returns the address of the page with a prompt. */
  pageOf(question: Question): string;
  /** Returns whether a page with the prompt is open. */
  isSeen(question: Question): boolean;
}

type Question = NonNullable<Agent['question']>;

/** Notifies programs that the agent needs the user and no page with the prompt is open, so that one may open it. */
export class QuestionNotice {
  readonly #parts: QuestionNoticeParts;
  #open: Question | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: QuestionNoticeParts) {
    this.#parts = parts;
    parts.agent.onChange(() => this.#look());
  }

  /** Called when a program waits for the prompt, whenever it was opened. */
  asked(): void {
    if (Math.abs(this.#parts.clock.now() - this.#toldAt) >= pause) this.#tell();
  }

  #look(): void {
    const before = this.#open;
    this.#open = this.#parts.agent.question;
    // Between PIN and role of one sign-in, its page stays.
    if (this.#open && (!before || this.#open === 'signature') && this.#open !== before) this.#tell();
  }

  #tell(): void {
    const { agent, clock, pageOf, isSeen } = this.#parts;
    const { question, askedFor, signature } = agent;
    if (question === null || isSeen(question)) return;
    this.#toldAt = clock.now();
    const applications = signature ? [signature.wanted.from] : [...askedFor];
    agent.notifyQuestion({ question, applications, page: pageOf(question) });
  }
}
