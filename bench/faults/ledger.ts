/** The result of a request. */
export type Outcome = 'ok' | 'refused' | 'cut' | 'failed';

/** A response with a check that it is honoured. */
interface Promised {
  readonly kind: string;
  /** Resolves with undefined if it cannot be checked now. */
  holds(): Promise<boolean | undefined>;
}

/** Milliseconds for which a check is repeated. */
const timeout = 20_000;
const atOnce = 8;

/** Counts requests and checks the promises of their responses. */
export class Ledger {
  readonly requests: Record<Outcome, number> = { ok: 0, refused: 0, cut: 0, failed: 0 };
  /** Examples of responses that are neither correct nor a clean refusal. */
  readonly examples: string[] = [];
  readonly #promises: Promised[] = [];

  get promised(): number {
    return this.#promises.length;
  }

  count(outcome: Outcome, example = ''): void {
    this.requests[outcome] += 1;
    if (outcome === 'failed' && this.examples.length < 5) this.examples.push(example);
  }

  promise(kind: string, holds: Promised['holds']): void {
    this.#promises.push({ kind, holds });
  }

  /**
   * Checks every promise, one kind after another, because a later kind may invalidate an earlier one. Returns the lost ones by
   * kind. Stops at the signal.
   */
  async verify(kinds: readonly string[], signal: AbortSignal): Promise<Record<string, number>> {
    const lost: Record<string, number> = {};
    for (const kind of kinds) {
      const rest = this.#promises.filter((one) => one.kind === kind).values();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (const one of rest)
            if (!signal.aborted && !(await this.#holds(one, signal))) lost[kind] = (lost[kind] ?? 0) + 1;
        }),
      );
    }
    return lost;
  }

  async #holds({ holds }: Promised, signal: AbortSignal): Promise<boolean> {
    const end = performance.now() + timeout;
    for (;;) {
      const answer = await holds().catch(() => undefined);
      if (answer !== undefined) return answer;
      // A response that can never be checked counts as lost.
      if (signal.aborted || performance.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
