import type { Clock } from '@alongside/kernel/clock';
import type { Agent } from './agent.ts';

/** A caller that asks again and again opens the page no oftener than this, in milliseconds. */
const pause = 10_000;

export interface QuestionNoticeParts {
  agent: Agent;
  clock: Clock;
  /** Address of the page that asks. */
  page: string;
  /** A page that asks is in front of somebody. */
  isSeen(): boolean;
}

/** Tells programs of the desk that the agent asks for PIN or role and no page of it does: one of them may open the page. */
export class QuestionNotice {
  readonly #parts: QuestionNoticeParts;
  #open = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: QuestionNoticeParts) {
    this.#parts = parts;
    parts.agent.onChange(() => this.#look());
  }

  /** A program waits for the answer, whenever the question was opened. */
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
    agent.tellQuestion({ question, applications: [...askedFor], page });
  }
}
