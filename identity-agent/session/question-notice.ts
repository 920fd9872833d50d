import type { Clock } from '@alongside/kernel/clock';
import type { Agent } from './agent.ts';

/** Minimum interval in milliseconds at which a repeated request opens the page. */
const pause = 10_000;

export interface QuestionNoticeParts {
  agent: Agent;
  clock: Clock;
  /** Address of the page with the prompt. */
  page: string;
  /** Returns whether a page with the prompt is open. */
  isSeen(): boolean;
}

/** Notifies programs that the agent needs PIN or role and no page with the prompt is open, so that one may open it. */
export class QuestionNotice {
  readonly #parts: QuestionNoticeParts;
  #open = false;
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
    const wasOpen = this.#open;
    this.#open = this.#parts.agent.question !== null;
    if (this.#open && !wasOpen) this.#tell();
  }

  #tell(): void {
    const { agent, clock, page, isSeen } = this.#parts;
    const { question, askedFor } = agent;
    if (question === null || isSeen()) return;
    this.#toldAt = clock.now();
    agent.notifyQuestion({ question, applications: [...askedFor], page });
  }
}
