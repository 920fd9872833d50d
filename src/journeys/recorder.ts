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
import { type CapturedPart, captureAnswer, captureDeparture, captureRequest } from './capture.ts';
import { type CapturedMessages, insertMessageStatement } from './captured.ts';
import { markKey } from './cut.ts';
import { add, type Delta } from './delta.ts';
import { nameCaller, outerOf, type Places } from './lanes.ts';
import {
  type Described,
  describe,
  describeOutside,
  type Forwarding,
  type StoredMessage,
  tenths,
  textOf,
} from './line.ts';
import type { Captured } from './model.ts';
import { deltaStatements } from './rows.ts';
import type { Verdicts } from './verdicts.ts';

interface RecorderOptions {
  /** A clock that can be moved marks the journeys that it touched. */
  readonly clock: Clock & Partial<Pick<AdjustableClock, 'offset' | 'isFrozen'>>;
  readonly events: StoredEvents;
  /** Seals which request calls another service. */
  readonly vault: Vault;
  readonly places: Places;
  /** Which messages can be found by their id. */
  readonly findable: 'all' | 'refused';
  /** Keeps requests and responses; in development only. */
  readonly capture?: { readonly verdicts: Verdicts; readonly messages: CapturedMessages } | undefined;
  readonly onLost: (error: unknown) => void;
  /** Finds the journey of a request that records no event. */
  readonly finder?: JourneyFinder;
  /** Maximum number of refused requests of one network in ten minutes. */
  readonly mostRefused?: number;
}

/** A message that can be found by its ids. */
interface Findable {
  readonly journey: string;
  readonly message: StoredMessage;
  readonly request?: CapturedPart | undefined;
  readonly response?: CapturedPart | undefined;
  readonly sent?: Captured | undefined;
}

/** Milliseconds for which changes of journeys are gathered, because no response waits for them. */
const gather = 1_000;
/** Journeys and messages are written at once when this many wait, and messages dropped beyond the second number. */
const most = { gathered: 512, waiting: 20_000 };
/** As many refusals are stored. */
const mostRefused = 5_000;
/** Milliseconds for which announcements are gathered. */
const announceAfter = 50;
/** Captured messages between two checks of their limits. */
const sweepEvery = 1_000;

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
  #found: Findable[] = [];
  #sinceSweep = 0;
  readonly #markKey = markKey();
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #announcing: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#networks = new NetworkWindow(options.clock, options.mostRefused ?? mostRefused);
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
    activity.whenDecided(() => this.#finish(activity));
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

  #finish(activity: Activity): void {
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

  #keep(journey: string, described: Described, activity?: Activity): void {
    if (this.#messages.length >= most.waiting) return;
    const { message } = described;
    const { offset = 0, isFrozen = false } = this.#options.clock;
    this.#messages.push({ id: message.id, journey, text: textOf(journey, message) });
    this.#announce();
    this.#deltas.set(
      journey,
      add(this.#deltas.get(journey), journey, described, isFrozen || Math.abs(offset) > 1),
    );
    if (activity && this.#options.capture) this.#found.push(this.#captured(journey, message, activity));
    else if (this.#options.findable === 'all' || message.outcome !== undefined)
      this.#found.push({ journey, message });
    if (this.#messages.length >= most.gathered || this.#deltas.size >= most.gathered)
      this.keep().catch(this.#options.onLost);
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.keep().catch(this.#options.onLost);
      }, gather).unref();
  }

  #captured(journey: string, message: StoredMessage, activity: Activity): Findable {
    const offending = message.refusal?.field ?? null;
    const origin = this.#options.places.urlOf(activity.service);
    return {
      journey,
      message,
      request: captureRequest(activity, this.#markKey, origin, offending),
      response: captureAnswer(activity, this.#markKey),
      sent: message.departs && captureDeparture(activity, this.#markKey),
    };
  }

  #takeMessages(): readonly MessageText[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  /** Stores all messages recorded so far, and the rows of their journeys. */
  keep(): Promise<void> {
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
    const found = this.#found;
    this.#deltas = new Map();
    this.#found = [];
    const { events } = this.#options;
    const statements = await Promise.all(found.map((each) => this.#judged(each)));
    await events.appendMessages([...deltaStatements(deltas, events.dialect), ...statements]);
    this.#sinceSweep += found.length;
    if (this.#sinceSweep < sweepEvery) return;
    this.#sinceSweep = 0;
    await this.#options.capture?.messages.sweep();
  }

  async #judged({ journey, message, request, response, sent }: Findable) {
    const { capture } = this.#options;
    const parts = await Promise.all(
      [request, response].map((part) => capture?.verdicts.judged(part, message.application) ?? null),
    );
    return insertMessageStatement(journey, message, {
      request: parts[0] ?? null,
      response: parts[1] ?? null,
      sent,
    });
  }
}
