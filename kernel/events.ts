import type { Clock } from './clock.ts';
import { orderedId } from './ids.ts';
import { sha256 } from './secrets.ts';

/** A sender or receiver of an event. */
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

/** An event as a step records it. */
export interface NewEvent {
  /**
   * Values that already pass between services (state, code, hand-off jti, session id). They link events to a
   * journey; the first known value wins. Only their hashes are stored.
   */
  keys: readonly string[];
  from: Party;
  to: Party;
  /** Name in `docs/journey.md`, such as `authorize.request`. */
  name: string;
  outcome?: Outcome;
  /** Facts for the reader. Never a PIN, a secret, a token or patient demographics. */
  detail?: Readonly<Record<string, string | number | boolean>>;
}

/** An event as it is stored and streamed. */
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

/** Storage of events. */
export interface EventStore {
  /** Returns the journey of the first of these hashes that is known. */
  journeyOf(hashes: readonly string[]): Promise<string | undefined>;
  /** Stores events in order, with the hashes that link their journeys. */
  append(
    events: readonly Omit<JourneyEvent, 'seq'>[],
    links: readonly { hash: string; journey: string }[],
  ): Promise<void>;
  /** Resolves once everything committed to the same storage so far is on the disk. The events themselves may follow later. */
  durable(): Promise<void>;
}

/** Records events. */
export interface Recorder {
  record(event: NewEvent): void;
}

/** Flush after this many events. */
const mostGathered = 200;

/** Options for storing events. */
export interface Keeping {
  /**
   * Milliseconds for which successful events may be gathered; 0, the default, stores them before the
   * response. Use more only if no other process has events of the same journeys: it could not link them yet.
   */
  gather?: number;
  /** Called when events that no request waits for could not be stored. */
  onLost?: (error: unknown) => void;
}

/** Collects the events of this process, links them to journeys and stores them in order. */
export class EventRecorder implements Recorder {
  readonly #clock: Clock;
  readonly #store: EventStore;
  readonly #gather: number;
  readonly #onLost: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #pending: (NewEvent & { at: number })[] = [];
  /** Whether an event failed. It must then be stored before the response, so that its reason can be found. */
  #isPressing = false;
  #flushing: Promise<void> = Promise.resolve();
  #later: NodeJS.Timeout | undefined;

  constructor(clock: Clock, store: EventStore, { gather = 0, onLost = () => undefined }: Keeping = {}) {
    this.#clock = clock;
    this.#store = store;
    this.#gather = gather;
    this.#onLost = onLost;
  }

  record(event: NewEvent): void {
    this.#pending.push({ ...event, at: this.#clock.now() });
    if ((event.outcome ?? 'ok') !== 'ok') this.#isPressing = true;
    // For gathered events and for events outside requests.
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.keep().catch(this.#onLost);
    }, this.#gather || 250).unref();
  }

  /** Calls the listener whenever events of this process were stored. Returns a function that stops this. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Waits until earlier writes are on the disk and the events are stored, unless they are successful and may
   * be gathered. HTTP responses wait for this.
   */
  async flush(): Promise<void> {
    if (this.#gather === 0 || this.#isPressing || this.#pending.length >= mostGathered) await this.keep();
    await this.#store.durable();
  }

  /** Stores all events recorded so far. */
  keep(): Promise<void> {
    if (this.#pending.length === 0) return this.#flushing;
    const flushing = this.#flushing.catch(() => undefined).then(() => this.#write());
    this.#flushing = flushing;
    // Requests that wait for this flush fail with it; later ones do not.
    flushing.catch(() => {
      if (this.#flushing === flushing) this.#flushing = Promise.resolve();
    });
    return flushing;
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    this.#isPressing = false;
    const fresh = new Map<string, string>();
    const events: Omit<JourneyEvent, 'seq'>[] = [];
    for (const { keys, at, from, to, name, outcome, detail } of pending) {
      const hashes = keys.filter((key) => key !== '').map((key) => sha256(key));
      // The first known value wins: steps list values of one journey before shared ones.
      const met = hashes.findIndex((hash) => fresh.has(hash));
      const earlier = met === -1 ? hashes : hashes.slice(0, met);
      const journey = (await this.#store.journeyOf(earlier)) ?? fresh.get(hashes[met] ?? '') ?? orderedId();
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
    await this.#store.append(events, links);
    for (const listener of this.#listeners) listener();
  }
}

/** Discards events, for programs without a store, such as an agent on a workstation. */
export const silentRecorder: Recorder = { record: () => undefined };
