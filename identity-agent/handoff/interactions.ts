import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { Mutex } from '../card/mutex.ts';
import { errors } from '../errors.ts';
import type { Agent } from '../session/agent.ts';
import type { TrustedRequest } from './request.ts';
import type { Journey } from './vouching.ts';

/** Lifetime of an interaction in milliseconds, whatever the request's own lifetime. */
const lifetime = 300_000;
const most = 100;

/** The problem with the last submission, for the next page. */
export type Notice = 'wrong_pin' | 'not_pin' | 'card_changed' | 'cis_unreachable' | 'not_renewed' | null;

/** A user at the agent's pages between the redirects from and to CIS2. */
export class Interaction implements Journey {
  /** One-time path of its pages. */
  readonly id = randomToken();
  readonly trusted: TrustedRequest;
  readonly until: number;
  pinsBefore: number;
  notice: Notice = null;
  /** Whether the PIN was entered at its page. */
  pinGiven = false;
  /** Whether the user has confirmed, or need not. */
  confirmed: boolean;
  /** Whether it has ended; its pages are then unavailable. */
  over = false;
  /** Handles one submission at a time. */
  readonly mutex = new Mutex();
  /** Time of the last request to its pages, in milliseconds. */
  seenAt = Number.NEGATIVE_INFINITY;
  /** The card for which a page asked for the PIN. */
  shownFor: string | undefined;
  /** The card whose refusal is recorded. */
  refusedFor: string | undefined;

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

/** The open interactions, kept in memory like the session key. */
export class Interactions {
  readonly #agent: Agent;
  readonly #clock: Clock;
  /** Whether a live session signs a browser in only after confirmation. */
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

  /** Ends an interaction. It stays known for its lifetime, so that a page can show that it is over. */
  finish(interaction: Interaction): void {
    interaction.over = true;
    this.#takeBackQuestion();
  }

  /** Returns whether a page of an open interaction was requested since then. */
  seenSince(time: number): boolean {
    return [...this.#open.values()].some(({ over, seenAt }) => !over && seenAt >= time);
  }

  /** Removes expired interactions. */
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
