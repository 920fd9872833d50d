import { type Checker, startChecker } from './checker.ts';
import type { CheckAnswer, CheckAsked } from './validation-worker.ts';

/** Milliseconds after which a thread is ended: while it compiles the schemas of a check, and while it checks a value. */
const timeouts = { first: 5_000, next: 1_000 };
/** Checks that a thread has at a time: the one that it carries out, and the next one. */
const maxSent = 2;

/** A check of one value. */
export interface Check {
  /** Name and version of the definition. */
  api: string;
  /** Names the schema; begins with the API. */
  key: string;
  schema: object;
  value: unknown;
  /** Whether its API was too slow for the thread of all. */
  isApart: boolean;
  /** Takes the first problem, undefined if the value conforms, or why it was not checked. */
  done(result: { problem: string | undefined } | 'overran' | 'dropped'): void;
}

interface LaneParts {
  /** Milliseconds that the check of one value may take. */
  limit: number;
  /** Maximum memory of its thread. */
  megabytes: number;
  /** Is called with the reason when a thread was ended. */
  ended(reason: string): void;
}

/** One thread and its queue. APIs take turns, so each waits for at most one check of each other. */
export class Lane {
  readonly #parts: LaneParts;
  /** By API, in the order of their turns. */
  readonly #waiting = new Map<string, Check[]>();
  /** Checks that the thread has, in the order in which it carries them out. */
  readonly #sent = new Map<number, Check>();
  /** Schemas that the thread has, and those that it has compiled. */
  readonly #known = new Set<string>();
  readonly #compiled = new Set<string>();
  #checker: Checker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  add(check: Check): void {
    const before = this.#waiting.get(check.api);
    if (before) before.push(check);
    else this.#waiting.set(check.api, [check]);
    this.#fill();
  }

  /** Removes the waiting checks for which `isMeant` returns true, and returns them. */
  take(isMeant: (check: Check) => boolean): Check[] {
    const taken: Check[] = [];
    for (const [api, checks] of this.#waiting) {
      const left = checks.filter((check) => !isMeant(check) || !taken.push(check));
      if (left.length === 0) this.#waiting.delete(api);
      else this.#waiting.set(api, left);
    }
    return taken;
  }

  /** Drops the compiled schemas of a definition. */
  forget(api: string): void {
    for (const keys of [this.#known, this.#compiled])
      for (const key of keys) if (key.startsWith(`${api} `)) keys.delete(key);
    this.#checker?.send({ forget: api });
  }

  async close(): Promise<void> {
    const open = [...this.#sent.values(), ...this.take(() => true)];
    this.#sent.clear();
    for (const check of open) check.done('dropped');
    await this.#end();
  }

  /** Sends as many checks as the thread takes, one API after another. */
  #fill(): void {
    while (this.#sent.size < maxSent) {
      const [turn] = this.#waiting;
      if (!turn) break;
      const [api, checks] = turn;
      const check = checks.shift();
      this.#waiting.delete(api);
      if (checks.length > 0) this.#waiting.set(api, checks);
      if (check) this.#send(this.#next++, check);
    }
  }

  #send(id: number, check: Check): void {
    this.#sent.set(id, check);
    this.#checker ??= startChecker(
      { answered: (answer) => this.#answered(answer), failed: (reason) => this.#failed(reason) },
      this.#parts.megabytes,
    );
    const { key, schema, value } = check;
    const asked: CheckAsked = { id, key, value, limit: this.#parts.limit };
    try {
      this.#checker.send(this.#known.has(key) ? asked : { ...asked, schema });
      this.#known.add(key);
    } catch {
      // A value that is nested too deep cannot be copied into a thread.
      this.#sent.delete(id);
      check.done('dropped');
      return;
    }
    if (this.#sent.size === 1) this.#watch();
  }

  /** Limits the time of the check that runs now. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [running] = this.#sent.values();
    this.#checker?.hold(running !== undefined);
    if (!running) return;
    const { key } = running;
    const time = this.#compiled.has(key) ? timeouts.next : timeouts.first;
    this.#timer = setTimeout(() => this.#failed(`the check ${key} took too long`), time);
  }

  #answered({ id, problem, overran }: CheckAnswer): void {
    const check = this.#sent.get(id);
    if (!check) return;
    this.#sent.delete(id);
    this.#compiled.add(check.key);
    check.done(overran ? 'overran' : { problem });
    this.#fill();
    this.#watch();
  }

  /** Gives up the check that runs now, and continues with the others in a new thread. */
  #failed(reason: string): void {
    const [running, ...others] = this.#sent.values();
    this.#sent.clear();
    void this.#end();
    this.#parts.ended(reason);
    running?.done('overran');
    for (const check of others) this.#send(this.#next++, check);
    this.#fill();
    this.#watch();
  }

  #end(): Promise<void> {
    clearTimeout(this.#timer);
    const checker = this.#checker;
    this.#checker = undefined;
    this.#known.clear();
    this.#compiled.clear();
    return checker?.stop() ?? Promise.resolve();
  }
}
