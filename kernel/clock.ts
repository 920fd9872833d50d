/** The source of time for the whole product. Times are milliseconds since the Unix epoch unless a name says seconds. */
export interface Clock {
  /** Returns the current time in milliseconds. */
  now(): number;
}

/** Returns whole seconds since the Unix epoch, as in JWT claims (RFC 7519 section 2, NumericDate). */
export const seconds = (clock: Clock): number => Math.floor(clock.now() / 1000);

/** Returns a time as ISO 8601 in UTC, as APIs and messages have it. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

const units: readonly [limit: number, size: number, name: string][] = [
  [120, 1, 's'],
  [7_200, 60, 'min'],
  [172_800, 3_600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'days'],
];

/** Formats a difference from now for people: `20 s ago`, `in 3 min`, `now`. */
export function relativeTime(fromNowInSeconds: number): string {
  const distance = Math.abs(fromNowInSeconds);
  if (!Number.isFinite(distance)) return 'at no time';
  if (distance < 1) return 'now';
  const [, size, name] = units.find(([limit]) => distance < limit) ?? [0, 1, 's'];
  const text = `${Math.round(distance / size)} ${name}`;
  return fromNowInSeconds < 0 ? `${text} ago` : `in ${text}`;
}

/** Formats a NumericDate with its distance from now. Returns other values as truncated text. */
export function shownTime(value: unknown, nowInSeconds: number): string {
  if (typeof value === 'number') return `${value} (${relativeTime(value - nowInSeconds)})`;
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? '').slice(0, 100);
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** A clock for development: the machine's clock plus an offset, or a fixed time. */
export class AdjustableClock implements Clock {
  #offset = 0;
  #frozenAt: number | undefined;
  readonly #base: Clock;

  constructor(base: Clock = systemClock) {
    this.#base = base;
  }

  now(): number {
    return this.#frozenAt ?? this.#base.now() + this.#offset;
  }

  /** Milliseconds ahead of the machine's clock. It changes while the clock is frozen. */
  get offset(): number {
    return this.#frozenAt === undefined ? this.#offset : this.#frozenAt - this.#base.now();
  }

  get isFrozen(): boolean {
    return this.#frozenAt !== undefined;
  }

  /** Returns the times of both clocks at one moment. */
  reading(): { now: number; real: number } {
    const real = this.#base.now();
    return { now: this.#frozenAt ?? real + this.#offset, real };
  }

  setOffset(milliseconds: number): void {
    this.#frozenAt = undefined;
    this.#offset = milliseconds;
  }

  /** Stops the clock at a time, until the next `setOffset`. */
  freeze(at: number): void {
    this.#frozenAt = at;
  }

  advance(bySeconds: number): void {
    this.set(this.now() + bySeconds * 1000);
  }

  /** Sets the time; the clock continues from there, or stays there if it is frozen. */
  set(milliseconds: number): void {
    if (this.#frozenAt === undefined) this.#offset = milliseconds - this.#base.now();
    else this.#frozenAt = milliseconds;
  }
}

/** A clock for tests. It does not advance by itself. */
export class ManualClock implements Clock {
  #now: number;

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  advance(bySeconds: number): void {
    this.#now += bySeconds * 1000;
  }
}
