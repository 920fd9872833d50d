import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Activity } from '@alongside/kernel/activity';
import { captureAnswer, captureDeparture, captureRequest } from './capture.ts';
import type { CapturedMessages, FoundMessage } from './captured.ts';
import { markKey } from './cut.ts';
import type { Places } from './lanes.ts';
import type { StoredMessage } from './line.ts';
import { refusalWords } from './refusal-search.ts';
import type { Verdicts } from './verdicts.ts';

/** Messages of one process that came too fast for all of them to be kept. */
export interface Burst {
  /** Milliseconds since the epoch of the first and the last message without a place. */
  readonly from: number;
  to: number;
  /** Number of messages without a place. */
  dropped: number;
}

/** Milliseconds between messages without a place that belong to one burst. */
const pause = 5_000;
const maxBursts = 100;

/** Keeps the newest entries by reference, and counts the entries that they replaced. */
class Ring<T extends { readonly at: number }> {
  readonly #size: number;
  #entries: T[] = [];
  /** The place of the next entry, once all places are taken. */
  #oldest = 0;
  readonly #bursts: Burst[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Adds an entry. Returns the one that lost its place to it. */
  add(entry: T): T | undefined {
    if (this.#entries.length < this.#size) {
      this.#entries.push(entry);
      return undefined;
    }
    const replaced = this.#entries[this.#oldest];
    this.#entries[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % this.#size;
    if (replaced) this.#count(replaced.at);
    return replaced;
  }

  /** Returns the entries, oldest first, and removes them. */
  take(): T[] {
    const entries = [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)];
    this.#entries = [];
    this.#oldest = 0;
    return entries;
  }

  /** Returns the burst of this time, in milliseconds since the epoch. */
  burstAt(at: number): Burst | undefined {
    return this.#bursts.find(({ from, to }) => at >= from && at <= to);
  }

  #count(at: number): void {
    const last = this.#bursts.at(-1);
    if (last && Math.abs(at - last.to) <= pause) {
      last.to = Math.max(last.to, at);
      last.dropped += 1;
      return;
    }
    this.#bursts.push({ from: at, to: at, dropped: 1 });
    if (this.#bursts.length > maxBursts) this.#bursts.shift();
  }
}

/** A message that can be found by its ids. */
interface Findable {
  readonly at: number;
  readonly journey: string;
  readonly message: StoredMessage;
  readonly activity: Activity | undefined;
  readonly words: string | null;
}

export interface FindableOptions {
  readonly places: Places;
  readonly messages: CapturedMessages;
  /** Keeps all messages, with their requests and responses; in development only. */
  readonly verdicts?: Verdicts | undefined;
}

/** As many messages of a second keep their request and response, and as many refused ones. */
export const maxKept = 64;
/** Messages that are encoded and stored without a turn of the event loop in between, while clients wait. */
const atOnce = 4;
/** Messages between two checks of their limits. */
const sweepEvery = 1_000;

/**
 * Makes messages findable by their ids: refused ones, and in development the newest of each flush with their requests and responses.
 * These are kept by reference, and encoded when they are stored, so that a request pays for neither.
 */
export class FindableMessages {
  readonly #options: FindableOptions;
  readonly #newest = new Ring<Findable>(maxKept);
  /** In places of their own, because a refused message is the one that somebody looks for. */
  readonly #newestRefused = new Ring<Findable>(maxKept);
  /** Refused messages without their request and response. */
  #refused: Findable[] = [];
  #sinceSweep = 0;
  #storing: Promise<void> = Promise.resolve();
  readonly #markKey = markKey();

  constructor(options: FindableOptions) {
    this.#options = options;
  }

  /** Returns the burst of this time, if messages of it were not kept. */
  burstAt(at: number): Burst | undefined {
    return this.#newest.burstAt(at) ?? this.#newestRefused.burstAt(at);
  }

  add(journey: string, message: StoredMessage, activity: Activity | undefined): void {
    const { at } = message;
    if (message.outcome === undefined) {
      if (this.#options.verdicts) this.#newest.add({ at, journey, message, activity, words: null });
      return;
    }
    const found = { at, journey, message, activity, words: refusalWords(message, activity?.refusal?.record) };
    const without = this.#options.verdicts ? this.#newestRefused.add(found) : found;
    if (without) this.#refused.push({ ...without, activity: undefined });
  }

  /** Stores all messages added so far. */
  store(): Promise<void> {
    this.#storing = this.#storing.catch(() => undefined).then(() => this.#write());
    return this.#storing;
  }

  async #write(): Promise<void> {
    const found = [...this.#refused, ...this.#newestRefused.take(), ...this.#newest.take()];
    this.#refused = [];
    const { messages } = this.#options;
    for (let from = 0; from < found.length; from += atOnce) {
      if (from > 0) await nextTurn();
      const some = found.slice(from, from + atOnce);
      await messages.insert(await Promise.all(some.map((each) => this.#encoded(each))));
    }
    this.#sinceSweep += found.length;
    if (this.#sinceSweep < sweepEvery) return;
    this.#sinceSweep = 0;
    await messages.sweep();
  }

  async #encoded({ journey, message, activity, words }: Findable): Promise<FoundMessage> {
    const { verdicts, places } = this.#options;
    if (!activity || !verdicts) return { journey, message, words, kept: { request: null, response: null } };
    const origin = places.urlOf(activity.service);
    const parts = [
      captureRequest(activity, this.#markKey, origin, message.refusal?.field ?? null),
      captureAnswer(activity, this.#markKey),
    ];
    const sent = message.departs && captureDeparture(activity, this.#markKey);
    const [request = null, response = null] = await Promise.all(
      parts.map((part) => verdicts.judged(part, message.application)),
    );
    return { journey, message, words, kept: { request, response, sent } };
  }
}
