import { StreamAnswer } from './answer.ts';
import { type Refusal, reasonOf } from './errors.ts';
import { kernelErrors } from './kernel-errors.ts';
import type { Log } from './log.ts';

/** Milliseconds between two checks: with the check itself, a response ends within a second. Unchecked ones end after the other time. */
const defaultTimes = { every: 500, unchecked: 10_000 };

interface Held<A> {
  readonly about: A;
  readonly end: AbortController;
}

/**
 * Streaming responses that end early when what they depend on ends, such as a session. A response counts from its first chunk to its
 * end; without one, nothing is checked.
 */
export class OpenResponses<A> {
  readonly #findEnded: (open: readonly A[]) => Promise<ReadonlyMap<A, Refusal>>;
  readonly #log: Log;
  readonly #times: typeof defaultTimes;
  readonly #open = new Set<Held<A>>();
  #isWaiting = false;
  #failingSince: number | undefined;

  /** @param findEnded returns those that must end, with the reason */
  constructor(
    findEnded: (open: readonly A[]) => Promise<ReadonlyMap<A, Refusal>>,
    log: Log,
    times: Partial<typeof defaultTimes> = {},
  ) {
    this.#findEnded = findEnded;
    this.#log = log;
    this.#times = { ...defaultTimes, ...times };
  }

  /** Returns the response, which is cut off when `about` must end. */
  hold({ status, headers, chunks, because }: StreamAnswer, about: A): StreamAnswer {
    const held = { about, end: new AbortController() };
    const heldChunks: StreamAnswer['chunks'] = (gone) => {
      this.#add(held, gone);
      return chunks(gone);
    };
    return new StreamAnswer(status, headers, heldChunks, because, held.end.signal);
  }

  #add(held: Held<A>, gone: AbortSignal): void {
    if (gone.aborted) return;
    this.#open.add(held);
    gone.addEventListener('abort', () => this.#open.delete(held), { once: true });
    this.#wait();
  }

  #wait(): void {
    if (this.#isWaiting || this.#open.size === 0) return;
    this.#isWaiting = true;
    setTimeout(async () => {
      await this.#check();
      this.#isWaiting = false;
      this.#wait();
    }, this.#times.every).unref();
  }

  async #check(): Promise<void> {
    const open = [...this.#open];
    const ended = await this.#endedAmong(open);
    for (const held of open) {
      const refusal = ended.get(held.about);
      if (refusal && this.#open.delete(held)) held.end.abort(refusal);
    }
  }

  async #endedAmong(open: readonly Held<A>[]): Promise<ReadonlyMap<A, Refusal>> {
    const abouts = open.map(({ about }) => about);
    try {
      const ended = await this.#findEnded(abouts);
      this.#failingSince = undefined;
      return ended;
    } catch (error) {
      this.#failingSince ??= performance.now();
      if (performance.now() - this.#failingSince < this.#times.unchecked) return new Map();
      const reason = reasonOf(error);
      this.#log.warn({ reason, ended: open.length }, 'open responses end, because they cannot be checked');
      const refusal = kernelErrors.unavailable(reason);
      return new Map(abouts.map((about) => [about, refusal]));
    }
  }
}
