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
  /**
   * Values that already pass between the parts (state, code, hand-off jti, session id): they join the journey, the first known
   * one before the others. Only their hashes are kept.
   */
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
  /** The journey that the first known one of these hashes already belongs to. */
  journeyOf(hashes: readonly string[]): Promise<string | undefined>;
  /** Keeps events in their order, and the hashes that join their journeys. */
  append(
    events: readonly Omit<JourneyEvent, 'seq'>[],
    links: readonly { hash: string; journey: string }[],
  ): Promise<void>;
  /** Resolves once all that was committed to the same storage so far is on the disk; events themselves may come later. */
  durable(): Promise<void>;
}

/** What a step may do with events: say that something happened. */
export interface Recorder {
  record(arrow: Arrow): void;
}

/** So many arrows are kept at the latest, whoever waits. */
const mostGathered = 200;

/** How a recorder keeps what it collects. */
export interface Keeping {
  /**
   * For how many milliseconds arrows of what went well may be gathered; 0, the default, keeps them before the answer. More is
   * right only where no other process has arrows of the same journeys: it would not know yet that they belong together.
   */
  gather?: number;
  /** Is told when arrows that nobody waited for could not be kept. */
  onLost?: (error: unknown) => void;
}

/** Collects the arrows of this process, joins them to journeys and keeps them in order. */
export class EventRecorder implements Recorder {
  readonly #clock: Clock;
  readonly #store: EventStore;
  readonly #gather: number;
  readonly #onLost: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #pending: (Arrow & { at: number })[] = [];
  /** Something among them did not go well: the answer says so, and whoever looks for the reason finds it. */
  #isPressing = false;
  #flushing: Promise<void> = Promise.resolve();
  #later: NodeJS.Timeout | undefined;

  constructor(clock: Clock, store: EventStore, { gather = 0, onLost = () => undefined }: Keeping = {}) {
    this.#clock = clock;
    this.#store = store;
    this.#gather = gather;
    this.#onLost = onLost;
  }

  record(arrow: Arrow): void {
    this.#pending.push({ ...arrow, at: this.#clock.now() });
    if ((arrow.outcome ?? 'ok') !== 'ok') this.#isPressing = true;
    // For what is gathered, and for what happens outside of any request.
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.keep().catch(this.#onLost);
    }, this.#gather || 250).unref();
  }

  /** Calls back whenever events of this process were kept; returns how to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * HTTP answers wait for this: what was written beside the events is on the disk, and the events are kept, unless they may be
   * gathered and all of it went well.
   */
  async flush(): Promise<void> {
    if (this.#gather === 0 || this.#isPressing || this.#pending.length >= mostGathered) await this.keep();
    await this.#store.durable();
  }

  /** Keeps all that was recorded so far. */
  keep(): Promise<void> {
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
    this.#isPressing = false;
    const fresh = new Map<string, string>();
    const events: Omit<JourneyEvent, 'seq'>[] = [];
    for (const { keys, at, from, to, name, outcome, detail } of arrows) {
      const hashes = keys.filter((key) => key !== '').map((key) => sha256(key));
      // The first value that is known anywhere counts: what belongs to one journey alone is named before what many share.
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

/** A recorder for a part that runs without a store, such as an agent on a desk. */
export const silentRecorder: Recorder = { record: () => undefined };
