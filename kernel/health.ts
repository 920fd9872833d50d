import { json } from './answer.ts';
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';
import type { Endpoint, Route } from './request.ts';
import { plainError } from './respond.ts';
import { readOnly, route, withoutMethodErrors } from './route.ts';

/** A precondition for serving requests. */
export interface ReadinessCheck {
  readonly name: string;
  /** Name of another check. If that one fails, this one is skipped. */
  readonly needs?: string;
  /** Resolves with false, or rejects, if the check fails. */
  holds(): boolean | Promise<boolean>;
}

/** Milliseconds that one check may take. */
const defaultTimeout = 2_000;

/**
 * Decides whether this process can serve. Each check has a time limit and runs once at a time, however many
 * callers wait for it.
 */
export class Readiness {
  readonly #checks: readonly ReadinessCheck[];
  readonly #log: Log;
  readonly #timeout: number;
  readonly #running = new Map<ReadinessCheck, Promise<boolean>>();
  #isDraining = false;
  #logged = '';

  constructor(checks: readonly ReadinessCheck[], log: Log, timeout = defaultTimeout) {
    this.#checks = checks;
    this.#log = log;
    this.#timeout = timeout;
  }

  get names(): string[] {
    return ['draining', ...this.#checks.map(({ name }) => name)];
  }

  /** Fails from now on, because the process is about to stop. */
  drain(): void {
    this.#isDraining = true;
  }

  async failed(): Promise<string[]> {
    const first = await this.#failedOf(this.#checks.filter(({ needs }) => needs === undefined));
    const rest = await this.#failedOf(
      this.#checks.filter(({ needs }) => needs !== undefined && !first.includes(needs)),
    );
    const failed = [...(this.#isDraining ? ['draining'] : []), ...first, ...rest];
    this.#note(failed);
    return failed;
  }

  async #failedOf(checks: readonly ReadinessCheck[]): Promise<string[]> {
    const held = await Promise.all(checks.map((check) => this.#holdsInTime(check)));
    return checks.filter((_, index) => !held[index]).map(({ name }) => name);
  }

  async #holdsInTime(check: ReadinessCheck): Promise<boolean> {
    // Does not repeat a hanging check: each one would hold a database connection.
    let running = this.#running.get(check);
    if (!running) {
      running = this.#holds(check).finally(() => this.#running.delete(check));
      this.#running.set(check, running);
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, this.#timeout, false);
    });
    return Promise.race([running, late]).finally(() => clearTimeout(timer));
  }

  async #holds({ name, holds }: ReadinessCheck): Promise<boolean> {
    try {
      return await holds();
    } catch (error) {
      this.#log.debug({ check: name, reason: reasonOf(error) }, 'a readiness check failed');
      return false;
    }
  }

  /** Logs only changes, because a load balancer polls each second. */
  #note(failed: readonly string[]): void {
    const names = failed.join(', ');
    if (names === this.#logged) return;
    this.#logged = names;
    if (failed.length > 0) this.#log.warn({ failed }, 'not ready');
    else this.#log.info({}, 'ready again');
  }
}

/**
 * Routes for load balancers, for GET and HEAD: `/healthz` (the process is alive) and `/readyz` (it can serve; 503 with
 * the failed checks).
 */
export function healthRoutes(readiness: Readiness): Route[] {
  const get = (path: string, endpoint: Endpoint): Route[] =>
    withoutMethodErrors(route(path, readOnly({ endpoint, errors: plainError })));
  return [
    ...get('/healthz', async () => json(200, { status: 'ok' })),
    ...get('/readyz', async () => {
      const failed = await readiness.failed();
      return failed.length === 0
        ? json(200, { status: 'ok' })
        : json(503, { status: 'not ready', failed }).reporting();
    }),
  ];
}

/** Milliseconds between two measurements. */
const interval = 250;
/** Delay in milliseconds above which the loop is late. */
const limit = 1_000;

/** Measures how late the event loop runs what is due. */
export class EventLoopWatch {
  readonly #now: () => number;
  #due: number;
  /** The last two measurements, the newest first. */
  #delays: [number, number] = [0, 0];
  #timer: NodeJS.Timeout | undefined;

  /** @param now returns milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#due = now() + interval;
  }

  start(): void {
    this.#due = this.#now() + interval;
    this.#timer = setInterval(() => this.measure(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes one measurement; call it every quarter of a second. */
  measure(): void {
    const now = this.#now();
    this.#delays = [now - this.#due, this.#delays[0]];
    this.#due = now + interval;
  }

  /** The worse of the last two measurements, in milliseconds. */
  get delay(): number {
    return Math.max(0, ...this.#delays);
  }

  /** Returns whether two consecutive measurements were over a second late. One alone may be a pause of the machine. */
  isLate(): boolean {
    return Math.min(...this.#delays) > limit;
  }
}
