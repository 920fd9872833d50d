import type { Clock } from '@alongside/kernel/clock';
import type { Refusal } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { errors } from '../errors.ts';

/** Lifetime of a card visit in milliseconds. A mailed code is valid for 15 minutes and must first be fetched. */
const lifetime = 1_200_000;
const most = 100;

/** The result of the last form, for the next page. */
export interface FormResult {
  well: boolean;
  sentence: string;
  /** Why the PIN did not sign its user in. */
  refusal?: Refusal | undefined;
}

/** A user who manages their card at the agent's own pages. */
export class CardVisit {
  /** One-time path of its pages. */
  readonly id = randomToken();
  readonly until: number;
  /** Path of the sign-in that it was opened from, to return to. */
  readonly back: string | undefined;
  result: FormResult | undefined;
  /** Time of the last request to its page that asks for PIN and role, in milliseconds. */
  askedAt = Number.NEGATIVE_INFINITY;

  constructor(until: number, back: string | undefined) {
    this.until = until;
    this.back = back;
  }

  get path(): string {
    return `/card/${this.id}`;
  }
}

export class CardVisits {
  readonly #clock: Clock;
  readonly #open = new Map<string, CardVisit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(back?: string): CardVisit {
    this.sweep();
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= most && oldest !== undefined) this.#open.delete(oldest);
    const visit = new CardVisit(this.#clock.now() + lifetime, back);
    this.#open.set(visit.id, visit);
    return visit;
  }

  /** @throws Refusal `interactionUnknown` */
  find(id: string): CardVisit {
    this.sweep();
    const found = this.#open.get(id);
    if (!found) throw errors.interactionUnknown('no card visit has this path, or it has expired');
    return found;
  }

  /** Returns whether a page with a prompt was requested since then. */
  askedSince(time: number): boolean {
    return [...this.#open.values()].some(({ askedAt }) => askedAt >= time);
  }

  /** Removes expired card visits. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#open) if (until <= now) this.#open.delete(id);
  }
}
