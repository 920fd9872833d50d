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

/** Formats a positive number of seconds in its largest fitting unit. */
export function roughly(distance: number): string {
  if (distance < 1) return `${Math.round(distance * 1_000)} ms`;
  const [, size, name] = units.find(([limit]) => distance < limit) ?? [0, 1, 's'];
  return `${Math.round(distance / size)} ${name}`;
}

/**
 * Formats a difference from now for people: `20 s ago`, `in 3 min`, `now`. Only for text that is read at once: a stored one
 * takes `timeAt`.
 */
export function relativeTime(fromNowInSeconds: number): string {
  const distance = Math.abs(fromNowInSeconds);
  if (!Number.isFinite(distance)) return 'at no time';
  if (distance < 1) return 'now';
  const text = roughly(distance);
  return fromNowInSeconds < 0 ? `${text} ago` : `in ${text}`;
}

/** Formats an instant for people: `05:20:58 UTC`, with its date on another day than `reference`. Both are milliseconds. */
export function instantOf(at: number, reference: number): string {
  if (Number.isNaN(new Date(at).getTime())) return 'no valid time';
  const [text, day] = [isoTime(at), isoTime(reference).slice(0, 10)];
  const time = `${text.slice(11, 19)} UTC`;
  return text.startsWith(`${day}T`) ? time : `${text.slice(0, 10)} ${time}`;
}

/**
 * Formats an instant so that it is true whenever it is read: `05:20:58 UTC, 84 s before the request`. Both times are
 * milliseconds.
 */
export function timeAt(at: number, reference: number, event = 'the request'): string {
  const instant = instantOf(at, reference);
  const distance = Math.abs(at - reference) / 1_000;
  if (instant === 'no valid time') return instant;
  if (distance < 0.001) return `${instant}, the time of ${event}`;
  return `${instant}, ${roughly(distance)} ${at < reference ? 'before' : 'after'} ${event}`;
}

/** Formats a NumericDate with its distance from the request. Returns other values as truncated text. */
export function shownTime(value: unknown, nowInSeconds: number): string {
  if (typeof value === 'number') return `${value} (${timeAt(value * 1_000, nowInSeconds * 1_000)})`;
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
