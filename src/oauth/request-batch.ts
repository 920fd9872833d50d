import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { type Database, must, type Statement } from '../storage/database.ts';

/** A write that a request depends on: the claim of a one-time value, or a count within a limit. */
export interface Condition {
  /** Changes no row if the condition does not hold. */
  writeStatement(): Statement;
  /** Returns whether it would hold now, without the write. */
  holds(): Promise<boolean>;
  refuse(): unknown;
  /** Whether it is a check of the grant, behind those of the client: its refusal is that of a proven client. */
  readonly isOfGrant?: true;
}

/**
 * The writes of one request: its conditions, in the order of its checks, and what it issues, in one batch at its end. Nothing is
 * read before. A request that is refused commits the conditions of the checks that it passed, and the first that does not hold is
 * its refusal.
 */
export class RequestBatch {
  readonly #database: Database;
  #expected: Condition[] = [];
  #required: Condition[] = [];
  #refusal: unknown;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Announces a condition. Its refusal takes precedence over those of later checks, but its write needs some of them. Before they
   * refuse, it is read.
   */
  expect(condition: Condition): void {
    this.#expected.push(condition);
  }

  /** Adds a condition, at the place of its check. */
  require(condition: Condition): void {
    this.#required.push(condition);
  }

  /**
   * Executes the conditions and these writes. Throws the refusal of the first condition that does not hold. Returns false if one
   * of the writes was a condition itself and did not hold; then those before it were committed.
   */
  async commit(writes: readonly Statement[]): Promise<boolean> {
    const required = this.#take();
    const conditions = required.map((condition) => must(condition.writeStatement()));
    const { failed } = await this.#database.batch([...conditions, ...writes]);
    if (!failed) return true;
    await this.#commitEach(required);
    if (!conditions.includes(failed)) return false;
    // The failed condition holds again by now, such as a count in a new window.
    return (await this.#database.batch(writes)).done;
  }

  /** Executes the conditions alone. Throws the refusal of the first that does not hold. */
  async settle(): Promise<void> {
    const expected = this.#expected;
    const required = this.#take();
    for (const condition of expected)
      if (!required.includes(condition) && !(await condition.holds())) await this.#refuse(condition);
    await this.#commitEach(required);
  }

  /** Whether this is the refusal of a condition for the client: then the checks behind it count as not run. */
  isRefusal(thrown: unknown): boolean {
    return thrown !== undefined && thrown === this.#refusal;
  }

  #take(): Condition[] {
    const required = this.#required;
    this.#required = [];
    this.#expected = [];
    return required;
  }

  /** One after another: those before the first that does not hold stay. */
  async #commitEach(conditions: readonly Condition[]): Promise<void> {
    for (const condition of conditions)
      if ((await this.#database.run(condition.writeStatement())).changes === 0) await this.#refuse(condition);
  }

  async #refuse(condition: Condition): Promise<never> {
    const refusal = await condition.refuse();
    if (!condition.isOfGrant) this.#refusal = refusal;
    throw refusal;
  }
}

/** The context of the steps of an endpoint that writes. */
export interface WithBatch {
  readonly batch: RequestBatch;
}

/**
 * Runs the steps of an endpoint and commits the conditions of the checks that the request passed, also of one that is refused: the
 * first that does not hold is its refusal.
 */
export async function settled<C extends WithBatch>(
  call: C,
  list: { run(call: C): Promise<Answer> },
): Promise<Answer> {
  try {
    const answer = await list.run(call);
    await call.batch.settle();
    return answer;
  } catch (thrown) {
    if (thrown instanceof Refusal) await call.batch.settle();
    throw thrown;
  }
}

/** Executes nothing, for a dry run. */
export class DryRequestBatch extends RequestBatch {
  readonly #conditions: Condition[] = [];

  override expect(condition: Condition): void {
    this.#conditions.push(condition);
  }

  override require(condition: Condition): void {
    if (!this.#conditions.includes(condition)) this.#conditions.push(condition);
  }

  override async settle(): Promise<void> {
    for (const condition of this.#conditions) if (!(await condition.holds())) throw await condition.refuse();
  }
}
