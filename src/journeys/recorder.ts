import {
  type Activity,
  activity as activityNow,
  type JourneyFinder,
  type RequestObserver,
} from '@alongside/kernel/activity';
import type { AdjustableClock, Clock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { orderedId } from '@alongside/kernel/ids';
import { type OutboundCall, outboundStarts } from '@alongside/kernel/outbound';
import type { Vault } from '@alongside/kernel/secrets';
import type { MessageText, StoredEvents } from '../storage/events.ts';
import { NetworkWindow } from '../storage/refusals.ts';
import { add, type Delta } from './delta.ts';
import { type Burst, FindableMessages, type FindableOptions } from './findable.ts';
import { nameCaller, outerOf } from './lanes.ts';
import { type Described, describe, describeOutside, type Forwarding, tenths, textOf } from './line.ts';
import { deltaStatements } from './rows.ts';

interface RecorderOptions extends FindableOptions {
  /** A clock that can be moved marks the journeys that it touched. */
  readonly clock: Clock & Partial<Pick<AdjustableClock, 'offset' | 'isFrozen'>>;
  readonly events: StoredEvents;
  /** Seals which request calls another service. */
  readonly vault: Vault;
  readonly onLost: (error: unknown) => void;
  /** Finds the journey of a request that records no event. */
  readonly finder?: JourneyFinder;
  /** Maximum number of refused requests of one network in ten minutes. */
  readonly maxRefused?: number;
}

/** Milliseconds for which changes of journeys are gathered, because no response waits for them. */
const gather = 1_000;
/** Journeys and messages are written at once when this many wait. SQLite writes them while clients wait, so it gets few at a time. */
const maxGathered = { sqlite: 64, postgres: 512 };
/** Messages beyond this number are dropped. */
const maxWaiting = 20_000;
/** As many refusals are stored. */
const maxRefused = 5_000;
/** Milliseconds for which announcements are gathered. */
const announceAfter = 50;
/** Makes messages of the requests of this process, and rows of their journeys, and stores them in groups. */
export class JourneyRecorder implements RequestObserver {
  readonly #options: RecorderOptions;
  readonly #networks: NetworkWindow;
  /** Finished requests without a journey of their own, until the request that made them has one. */
  readonly #inner = new WeakMap<Activity, Activity[]>();
  /** Calls of APIs to their back ends, and when they began. */
  readonly #forwarded = new WeakMap<Activity, { readonly call: OutboundCall; readonly at: number }>();
  #origin = Number.NEGATIVE_INFINITY;
  /** Messages that no event has taken along to storage. */
  #messages: MessageText[] = [];
  #deltas = new Map<string, Delta>();
  readonly #findable: FindableMessages;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #announcing: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#networks = new NetworkWindow(options.clock, options.maxRefused ?? maxRefused);
    this.#findable = new FindableMessages(options);
    options.events.takeMessagesFrom(() => this.#takeMessages());
  }

  began(activity: Activity): void {
    activity.finder = this.#options.finder;
    const now = this.#options.clock.now();
    const elapsed = performance.now();
    // The clock has whole milliseconds, in which several messages may begin.
    if (Math.abs(now - this.#origin - elapsed) > 2) this.#origin = now - elapsed;
    activity.at = this.#origin + elapsed;
  }

  ended(activity: Activity): void {
    const { parent } = activity;
    const outer = outerOf(activity, this.#options);
    const described = describe(activity, this.#options.places, outer, this.#forwardingOf(activity));
    const inner = this.#inner.get(activity) ?? [];
    if (!described && inner.length === 0) return;
    if (described?.message.outcome !== undefined && !this.#networks.admits(activity.address)) return;
    if (activity.journey === undefined && parent !== undefined) {
      this.#inner.set(parent, [...(this.#inner.get(parent) ?? []), ...inner, activity]);
      return;
    }
    activity.journey ??= outer?.journey;
    if (activity.journey === undefined && described?.message.outcome !== undefined)
      activity.journey = orderedId();
    const { journey } = activity;
    if (journey === undefined) return;
    if (parent) parent.journey ??= journey;
    for (const each of inner) {
      const within = describe(each, this.#options.places, outerOf(each, this.#options));
      if (within) this.#keep(journey, within, each);
    }
    if (described) this.#keep(journey, described, activity);
  }

  /** Records a message that is not a request: an act of the person at the desk, or an outgoing call. */
  outside(event: Omit<JourneyEvent, 'seq'>): void {
    // A request is its own message. A call that it made to an application is another, and so is what it did in another journey.
    const isOther = event.to === 'application' || event.name === 'agent.desk-pin';
    if (event.message !== undefined && !isOther) return;
    const described = describeOutside(event);
    if (described) this.#keep(event.journey, described);
  }

  /** Names the calling request to other services of this installation, and notes calls of APIs to their back ends. Returns a function that stops this. */
  followCalls(): () => void {
    const began = (message: unknown) => {
      const request = activityNow();
      // Tests run several installations in one process.
      if (request?.finder !== this.#options.finder) return;
      const call = message as OutboundCall;
      nameCaller(call, this.#options);
      if (request && call.purpose === 'upstream')
        this.#forwarded.set(request, { call, at: this.#origin + performance.now() });
    };
    outboundStarts.subscribe(began);
    return () => void outboundStarts.unsubscribe(began);
  }

  /** Calls the listener soon after messages of this process can be read. Returns a function that stops this. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A request becomes a message at its end, after its events were announced. */
  #announce(): void {
    if (this.#listeners.size === 0) return;
    this.#announcing ??= setTimeout(() => {
      this.#announcing = undefined;
      for (const listener of this.#listeners) listener();
    }, announceAfter).unref();
  }

  #forwardingOf(activity: Activity): Forwarding | undefined {
    const found = this.#forwarded.get(activity);
    // A service of this installation records the call itself.
    if (!found || this.#options.places.at(found.call.url) !== 'application') return undefined;
    const { call, at } = found;
    // The body of a stream may still be open.
    const ms = call.seconds * 1_000 || activity.at + activity.milliseconds - at;
    return { to: `outside:${call.url.host}`, at: tenths(at), ms: tenths(ms), status: call.status };
  }

  #keep(journey: string, described: Described, activity?: Activity): void {
    if (this.#messages.length >= maxWaiting) return;
    const { message } = described;
    const { offset = 0, isFrozen = false } = this.#options.clock;
    this.#messages.push({ id: message.id, journey, text: textOf(journey, message) });
    this.#announce();
    this.#deltas.set(
      journey,
      add(this.#deltas.get(journey), journey, described, isFrozen || Math.abs(offset) > 1),
    );
    this.#findable.add(journey, message, activity);
    const gathered = maxGathered[this.#options.events.dialect];
    if (this.#messages.length >= gathered || this.#deltas.size >= gathered)
      this.#store().catch(this.#options.onLost);
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.keep().catch(this.#options.onLost);
      }, gather).unref();
  }

  #takeMessages(): readonly MessageText[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  /** Stores all messages recorded so far, and the rows of their journeys. */
  async keep(): Promise<void> {
    await Promise.all([this.#store(), this.#findable.store()]);
  }

  /** Returns the burst of this time, if requests and responses of it were not kept. */
  burstAt(at: number): Burst | undefined {
    return this.#findable.burstAt(at);
  }

  #store(): Promise<void> {
    if (this.#deltas.size === 0) return this.#next ?? this.#writing;
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#writing = this.#write();
        return this.#writing;
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    const deltas = [...this.#deltas.values()];
    this.#deltas = new Map();
    const { events } = this.#options;
    await events.appendMessages(deltaStatements(deltas, events.dialect));
  }
}
