import type { Clock } from './clock.ts';
import { orderedId } from './ids.ts';
import { sha256 } from './secrets.ts';

/** Who can stand at either end of an arrow of a journey. */
export type Party =
  | 'browser'
  | 'application'
  | 'authorisation'
  | 'cis2'
  | 'identity-agent'
  | 'cis'
  | 'gateway'
  | 'pds'
  | 'console';

export type Outcome = 'ok' | 'refused' | 'failed';

/** One arrow of a journey, as a step hands it in. */
export interface Arrow {
  /** Values that already pass between the parts (state, code, hand-off jti, session id): they join the journey. Only their hashes are kept. */
  keys: readonly string[];
  from: Party;
  to: Party;
  /** Name in `docs/journey.md`, such as `authorize.request`. */
  name: string;
  outcome?: Outcome;
  /** Facts for the reader. Never a PIN, a secret, a token or a patient's demographics. */
  detail?: Readonly<Record<string, string | number | boolean>>;
}

/** One arrow as it is kept and streamed. */
export interface JourneyEvent {
  seq: number;
  journey: string;
  /** ISO 8601 time. */
  at: string;
  from: Party;
  to: Party;
  name: string;
  outcome: Outcome;
  detail: Record<string, string | number | boolean>;
}

/** Where events are kept. */
export interface EventStore {
  /** The journey that one of these hashes already belongs to. */
  journeyOf(hashes: readonly string[]): Promise<string | undefined>;
  /** Keeps events and the hashes that join their journeys, and gives the events their numbers. */
  append(
    events: readonly Omit<JourneyEvent, 'seq'>[],
    links: readonly { hash: string; journey: string }[],
  ): Promise<JourneyEvent[]>;
  /** Resolves once all that was committed to the same storage so far is on the disk; events themselves may come later. */
  durable(): Promise<void>;
}

/** What a step may do with events: say that something happened. */
export interface Recorder {
  record(arrow: Arrow): void;
}

/** Collects the arrows of this process, joins them to journeys and keeps them in order. */
export class EventRecorder implements Recorder {
  readonly #clock: Clock;
  readonly #store: EventStore;
  readonly #listeners = new Set<(event: JourneyEvent) => void>();
  #pending: (Arrow & { at: number })[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #later: NodeJS.Timeout | undefined;

  constructor(clock: Clock, store: EventStore) {
    this.#clock = clock;
    this.#store = store;
  }

  record(arrow: Arrow): void {
    this.#pending.push({ ...arrow, at: this.#clock.now() });
    // An answer flushes at once; this is for what happens outside of any request.
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.flush().catch(() => undefined);
    }, 250).unref();
  }

  /** Calls back for each event of this process once it is kept; returns how to stop. */
  listen(listener: (event: JourneyEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Keeps all that was recorded so far, and waits until what was written beside it is on the disk. HTTP answers wait for it, so what was answered is never lost. */
  async flush(): Promise<void> {
    await this.#flushEvents();
    await this.#store.durable();
  }

  #flushEvents(): Promise<void> {
    if (this.#pending.length === 0) return this.#flushing;
    const flushing = this.#flushing.catch(() => undefined).then(() => this.#write());
    this.#flushing = flushing;
    // Whoever was there fails with it; whoever comes afterwards does not.
    flushing.catch(() => {
      if (this.#flushing === flushing) this.#flushing = Promise.resolve();
    });
    return flushing;
  }

  async #write(): Promise<void> {
    const arrows = this.#pending;
    if (arrows.length === 0) return;
    this.#pending = [];
    const fresh = new Map<string, string>();
    const events: Omit<JourneyEvent, 'seq'>[] = [];
    for (const { keys, at, from, to, name, outcome, detail } of arrows) {
      const hashes = keys.filter((key) => key !== '').map((key) => sha256(key));
      const known = hashes.map((hash) => fresh.get(hash)).find((journey) => journey !== undefined);
      const journey = known ?? (await this.#store.journeyOf(hashes)) ?? orderedId();
      for (const hash of hashes) fresh.set(hash, journey);
      events.push({
        journey,
        at: new Date(at).toISOString(),
        from,
        to,
        name,
        outcome: outcome ?? 'ok',
        detail: { ...detail },
      });
    }
    const links = [...fresh].map(([hash, journey]) => ({ hash, journey }));
    for (const event of await this.#store.append(events, links)) {
      for (const listener of this.#listeners) listener(event);
    }
  }
}

/** A recorder for a part that runs without a store, such as an agent on a desk. */
export const silentRecorder: Recorder = { record: () => undefined };
