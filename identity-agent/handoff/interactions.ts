import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { Mutex } from '../card/mutex.ts';
import { errors } from '../errors.ts';
import type { Agent } from '../session/agent.ts';
import type { TrustedRequest } from './request.ts';
import type { Journey } from './vouching.ts';

/** An interaction lives so long, in milliseconds, whatever the request's own time. */
const lifetime = 300_000;
const most = 100;

/** Something that went wrong with the last answer, for the page that is shown next. */
export type Notice = 'wrong_pin' | 'card_changed' | 'cis_unreachable' | 'not_renewed' | null;

/** A person at the agent's pages, on the way from CIS2 and back. */
export class Interaction implements Journey {
  /** One-time path of its pages. */
  readonly id = randomToken();
  readonly trusted: TrustedRequest;
  readonly until: number;
  pinsBefore: number;
  notice: Notice = null;
  /** The PIN was given at its page. */
  pinGiven = false;
  /** The person need not be asked, or said yes. */
  confirmed: boolean;
  /** It has ended: its pages answer no more. */
  over = false;
  /** One answer at a time. */
  readonly mutex = new Mutex();
  /** When its pages were looked at last, in milliseconds. */
  seenAt = Number.NEGATIVE_INFINITY;
  /** The card for which the PIN was asked at a page. */
  shownFor: string | undefined;

  constructor(trusted: TrustedRequest, pinsBefore: number, until: number, confirmed: boolean) {
    this.trusted = trusted;
    this.pinsBefore = pinsBefore;
    this.until = until;
    this.confirmed = confirmed;
  }

  get path(): string {
    return `/interaction/${this.id}`;
  }
}

/** The interactions that are open. They are in memory: they belong to the session key, which is there too. */
export class Interactions {
  readonly #agent: Agent;
  readonly #clock: Clock;
  /** A live session signs a browser in only when the person says so. */
  readonly confirms: boolean;
  readonly #open = new Map<string, Interaction>();

  constructor(agent: Agent, clock: Clock, confirms: boolean) {
    this.#agent = agent;
    this.#clock = clock;
    this.confirms = confirms;
  }

  open(trusted: TrustedRequest, pinsBefore: number): Interaction {
    this.sweep();
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= most && oldest !== undefined) this.#open.delete(oldest);
    const interaction = new Interaction(trusted, pinsBefore, this.#clock.now() + lifetime, !this.confirms);
    this.#open.set(interaction.id, interaction);
    return interaction;
  }

  /** @throws Refusal `interactionUnknown`, `interactionOver` */
  find(id: string): Interaction {
    this.sweep();
    const found = this.#open.get(id);
    if (!found) throw errors.interactionUnknown('no interaction has this path, or its time is over');
    if (found.over) throw errors.interactionOver('it has ended');
    found.seenAt = this.#clock.now();
    return found;
  }

  /** Ends an interaction. It stays known for its lifetime, so that a page says that it is over. */
  finish(interaction: Interaction): void {
    interaction.over = true;
    this.#takeBackQuestion();
  }

  /** Whether a page of one that goes on was looked at since then. */
  seenSince(time: number): boolean {
    return [...this.#open.values()].some(({ over, seenAt }) => !over && seenAt >= time);
  }

  /** Forgets those whose time is over. */
  sweep(): void {
    const now = this.#clock.now();
    let gone = false;
    for (const [id, { until }] of this.#open) if (until <= now) gone = this.#open.delete(id) || gone;
    if (gone) this.#takeBackQuestion();
  }

  #takeBackQuestion(): void {
    const waiting = [...this.#open.values()].some(({ over }) => !over);
    if (!waiting) this.#agent.withdraw();
  }
}
