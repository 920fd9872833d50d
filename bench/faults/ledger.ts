/** How a request ended. */
export type Outcome = 'ok' | 'refused' | 'cut' | 'failed';

/** An answer that was given, and the check that it is honoured. */
interface Promised {
  readonly kind: string;
  /** Resolves with undefined when it cannot be checked now. */
  holds(): Promise<boolean | undefined>;
}

/** Milliseconds for which a check is tried again. */
const patience = 20_000;
const atOnce = 8;

/** Counts requests and keeps the promises of their answers. */
export class Ledger {
  readonly requests: Record<Outcome, number> = { ok: 0, refused: 0, cut: 0, failed: 0 };
  /** Examples of answers that are neither right nor a clean refusal. */
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

  /** Checks every promise, kind after kind: a later kind may use up what an earlier one needs. Returns the lost ones by kind. */
  async verify(kinds: readonly string[]): Promise<Record<string, number>> {
    const lost: Record<string, number> = {};
    for (const kind of kinds) {
      const rest = this.#promises.filter((one) => one.kind === kind).values();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (const one of rest) if (!(await this.#holds(one))) lost[kind] = (lost[kind] ?? 0) + 1;
        }),
      );
    }
    return lost;
  }

  async #holds({ holds }: Promised): Promise<boolean> {
    const end = performance.now() + patience;
    for (;;) {
      const answer = await holds().catch(() => undefined);
      if (answer !== undefined) return answer;
      // An answer that can never be checked is not honoured.
      if (performance.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
