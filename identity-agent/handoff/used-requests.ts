import { type Clock, seconds } from '@alongside/kernel/clock';

/** Requests stay known a little longer than they are valid, in seconds. */
const margin = 10;

/** The hand-off requests of the last minute, so that each is taken up once. */
export class UsedRequests {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a request up; false when it was before. Only requests with a valid signature come here, so the list stays short. */
  take(jti: string, exp: number): boolean {
    const now = seconds(this.#clock);
    for (const [known, until] of this.#until) if (until < now) this.#until.delete(known);
    if (this.#until.has(jti)) return false;
    this.#until.set(jti, exp + margin);
    return true;
  }
}
