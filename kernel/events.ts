import { type Activity, activity, type JourneyFinder } from './activity.ts';
import type { Clock } from './clock.ts';
import { type JourneyKeys, type JourneyLink, Journeys } from './journeys.ts';

/** A sender or receiver of an event. */
export const parties = [
  ...(['browser', 'application', 'authorisation', 'cis2', 'identity-agent'] as const),
  ...(['cis', 'gateway', 'pds', 'console'] as const),
] as const;
export type Party = (typeof parties)[number];

export const outcomes = ['ok', 'refused', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** An event as a step records it. */
export interface NewEvent extends JourneyKeys {
  /** A session, by which its journeys are found from each other. It joins none. */
  readonly session?: string | undefined;
  /** Id of the person's role. */
  readonly role?: string | undefined;
  readonly from: Party;
  readonly to: Party;
  /** Name in `docs/journey.md`, such as `authorize.request`. */
  readonly name: string;
  readonly outcome?: Outcome;
  /** Facts for the reader. Never a PIN, a secret, a token or patient demographics. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
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
  detail: Readonly<Record<string, string | number | boolean>>;
  /** Id of the request in which it was recorded. */
  message?: string | undefined;
}

/** Storage of events. */
export interface EventStore {
  /** Returns the journeys of those values that have a stored link. */
  journeysOf(values: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Stores events in order, with new links. */
  append(events: readonly Omit<JourneyEvent, 'seq'>[], links: readonly JourneyLink[]): Promise<void>;
  /**
   * Resolves once everything committed to the same storage so far is on the disk; undefined if it is already. The events themselves
   * may follow later.
   */
  durable(): Promise<void> | undefined;
}

/** Records events. */
export interface Recorder {
  /** @param request in which it happened; hot paths pass it, for others it is looked up */
  record(event: NewEvent, request?: Activity): void;
}

/** A response waits for its events once this many are gathered. */
const maxGathered = 200;

/** Options for storing events. */
export interface Keeping {
  /** Milliseconds for which successful events may be gathered; 0, the default, stores them before the response. */
  gather?: number;
  /** Whether no other process has events of the same journeys. */
  alone?: boolean;
  /** Called when events that no request waits for could not be stored. */
  onLost?: (error: unknown) => void;
  /** Called with each event once its journey is known. An event of a request has the id of its message. */
  onDecided?: (event: Omit<JourneyEvent, 'seq'>) => void;
}

interface Waiting {
  event: NewEvent;
  at: number;
  /** Undefined until read from storage. */
  journey: string | undefined;
  /** Id of the request that recorded it. */
  message: string | undefined;
  /** The request, while it waits for the journey. Otherwise an event would keep its whole request and response in memory. */
  undecided: Activity | undefined;
}

const storedAs = ({ event, at, journey = '', message }: Waiting): Omit<JourneyEvent, 'seq'> => ({
  journey,
  at: new Date(at).toISOString(),
  from: event.from,
  to: event.to,
  name: event.name,
  outcome: event.outcome ?? 'ok',
  detail: event.detail ?? {},
  message,
});

/** Collects the events of this process, links them to journeys and stores them in order. */
export class EventRecorder implements Recorder {
  readonly #clock: Clock;
  readonly #store: EventStore;
  readonly #gather: number;
  readonly #journeys: Journeys;
  readonly #onLost: (error: unknown) => void;
  readonly #onDecided: Keeping['onDecided'];
  readonly #listeners = new Set<() => void>();
  #waiting: Waiting[] = [];
  /** Whether the journey of a waiting event is undecided. */
  #isUndecided = false;
  /** Whether a response waits for these events, and for those that are being written. */
  #isPressing = false;
  #isWritePressing = false;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;

  constructor(
    clock: Clock,
    store: EventStore,
    { gather = 0, alone = false, onLost = () => undefined, onDecided }: Keeping = {},
  ) {
    this.#onDecided = onDecided;
    this.#clock = clock;
    this.#store = store;
    this.#gather = gather;
    this.#journeys = new Journeys(alone);
    this.#onLost = onLost;
  }

  record(event: NewEvent, request = activity()): void {
    // After an undecided event its values belong to no journey yet, so the next ones wait with it.
    const journey = this.#isUndecided ? undefined : this.#journeys.decide(event);
    if (journey === undefined) this.#isUndecided = true;
    request?.noteEvent(event, journey);
    const undecided = journey === undefined ? request : undefined;
    this.#waiting.push({ event, at: this.#clock.now(), journey, message: request?.id, undecided });
    // The reason of a refusal must be found at once, and the link of a value that another process may receive next.
    if ((event.outcome ?? 'ok') !== 'ok' || this.#journeys.mayLink(event, journey)) this.#isPressing = true;
    // For gathered events and for events outside requests.
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.keep().catch(this.#onLost);
    }, this.#gather || 250).unref();
  }

  /** Finds the journey of a request without an event. */
  readonly finder: JourneyFinder = (values) => {
    const known = this.#journeys.find(values);
    if (known !== undefined) return known;
    const asked = this.#journeys.askedValues(values);
    return asked.length === 0
      ? undefined
      : this.#store.journeysOf(asked).then((stored) => this.#journeys.find(values, stored));
  };

  /** Number of events that are not stored yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Calls the listener whenever events of this process were stored. Returns a function that stops this. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when earlier writes are on the disk and the events are stored, unless they are successful and may be gathered; undefined
   * if there is nothing to wait for. HTTP responses wait for this.
   */
  readonly flush = (): Promise<void> | undefined => {
    const isDue = this.#gather === 0 || this.#isPressing || this.#waiting.length >= maxGathered;
    const stored = isDue && this.#waiting.length > 0 ? this.keep() : this.#isWritePressing && this.#writing;
    return stored ? stored.then(() => this.#store.durable()) : this.#store.durable();
  };

  /** Stores all events recorded so far. */
  keep(): Promise<void> {
    if (this.#waiting.length === 0) return this.#writing ?? Promise.resolve();
    if (!this.#writing) return this.#begin();
    // One write at a time, so that events are stored in order.
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.keep();
      });
    return this.#next;
  }

  #begin(): Promise<void> {
    const writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    this.#writing = writing;
    return writing;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isWritePressing = this.#isPressing || this.#gather === 0;
    this.#isPressing = false;
    if (this.#isUndecided) await this.#settle(waiting.filter(({ journey }) => journey === undefined));
    const events = waiting.map(storedAs);
    if (this.#onDecided) for (const event of events) this.#onDecided(event);
    const links = this.#journeys.takeLinks();
    try {
      await this.#store.append(events, links);
    } catch (error) {
      this.#journeys.forget(links);
      throw error;
    }
    for (const listener of this.#listeners) listener();
  }

  /** Asks storage for the journeys of these events. */
  async #settle(events: readonly Waiting[]): Promise<void> {
    try {
      const asked = new Set(events.flatMap(({ event }) => this.#journeys.askedValues(event)));
      const stored = asked.size === 0 ? undefined : await this.#store.journeysOf([...asked]);
      for (const each of events) each.journey = this.#journeys.settle(each.event, stored);
    } finally {
      for (const { undecided, journey } of events) undecided?.decideJourney(journey);
    }
    // Other events may have been recorded since.
    this.#isUndecided = this.#waiting.length > 0;
  }
}

/** Discards events, for programs without a store, such as an agent on a workstation. */
export const silentRecorder: Recorder = { record: () => undefined };
