import type { Activity, RequestObserver } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { orderedId } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../storage/database.ts';
import type { StoredEvents } from '../storage/events.ts';
import { add, type Delta } from './delta.ts';
import type { Places } from './lanes.ts';
import { type Described, describe, describeOutside, type MessageLine } from './line.ts';
import { deltaStatements } from './rows.ts';

interface RecorderOptions {
  readonly clock: Clock;
  readonly database: Database;
  readonly events: StoredEvents;
  readonly places: Places;
  /** Whether every message can be found by its id, not only refused ones. */
  readonly development: boolean;
  readonly onLost: (error: unknown) => void;
}

/** Milliseconds for which messages are gathered, because no response waits for them. */
const gather = 1_000;
/** Messages are written at once when this many wait, and dropped beyond the second number. */
const most = { gathered: 512, waiting: 20_000 };

/** Makes messages of the requests of this process, and rows of their journeys, and stores them in groups. */
export class JourneyRecorder implements RequestObserver {
  readonly #options: RecorderOptions;
  /** Finished requests without a journey of their own, until the request that made them has one. */
  readonly #inner = new WeakMap<Activity, Activity[]>();
  #origin = Number.NEGATIVE_INFINITY;
  #lines: MessageLine[] = [];
  #deltas = new Map<string, Delta>();
  #found: Statement[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  began(activity: Activity): void {
    const now = this.#options.clock.now();
    const elapsed = performance.now();
    // The clock has whole milliseconds, in which several messages may begin.
    if (Math.abs(now - this.#origin - elapsed) > 2) this.#origin = now - elapsed;
    activity.at = this.#origin + elapsed;
  }

  ended(activity: Activity): void {
    activity.whenDecided(() => this.#finish(activity));
  }

  /** Records what no request did: the act of a person at the desk, or a call to the outside. */
  outside(event: Omit<JourneyEvent, 'seq'>): void {
    const described = describeOutside(event);
    if (described) this.#keep(event.journey, described);
  }

  #finish(activity: Activity): void {
    const { parent } = activity;
    const described = describe(activity, this.#options.places);
    const inner = this.#inner.get(activity) ?? [];
    if (!described && inner.length === 0) return;
    if (activity.journey === undefined && parent !== undefined) {
      this.#inner.set(parent, [...(this.#inner.get(parent) ?? []), ...inner, activity]);
      return;
    }
    if (activity.journey === undefined && described?.message.outcome !== undefined)
      activity.journey = orderedId();
    const { journey } = activity;
    if (journey === undefined) return;
    if (parent) parent.journey ??= journey;
    for (const each of inner) {
      const within = describe(each, this.#options.places);
      if (within) this.#keep(journey, within);
    }
    if (described) this.#keep(journey, described);
  }

  #keep(journey: string, described: Described): void {
    if (this.#lines.length >= most.waiting) return;
    const { message } = described;
    this.#lines.push({ journey, message });
    this.#deltas.set(journey, add(this.#deltas.get(journey), journey, described));
    if (this.#options.development || message.outcome !== undefined)
      this.#found.push(
        sql(
          `INSERT INTO message (id, journey, at, request_hash, correlation_hash, size, captured)
           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
          ...[message.id, journey, Math.floor(message.at)],
          ...[message.requestId, message.correlationId].map((id) => (id === undefined ? null : sha256(id))),
          ...[0, null],
        ),
      );
    if (this.#lines.length >= most.gathered) this.keep().catch(this.#options.onLost);
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.keep().catch(this.#options.onLost);
      }, gather).unref();
  }

  /** Stores all messages recorded so far. */
  keep(): Promise<void> {
    if (this.#lines.length === 0) return this.#writing;
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    const deltas = [...this.#deltas.values()];
    const found = this.#found;
    this.#lines = [];
    this.#deltas = new Map();
    this.#found = [];
    await this.#options.events.appendLines(lines, [...deltaStatements(deltas), ...found]);
  }
}
