import { orderedId } from './ids.ts';
import { sha256 } from './secrets.ts';

/** The part of an event that decides its journey. */
export interface JourneyKeys {
  /** The id of the journey, if the caller knows it. A family of tokens that begins a journey is its id. */
  readonly journey?: string | undefined;
  /**
   * Values that pass between services within minutes: state, code, jti of a hand-off. The first known value decides the journey, and
   * the others join it. Only their hashes are stored.
   */
  readonly keys?: readonly string[];
  /**
   * A value that every process may use for days: a family of tokens or a session. It is the last of the keys. A family that joins no
   * journey is its id, so it needs no link.
   */
  readonly lasting?: string;
}

/** A value, or its hash, and the journey that it belongs to. */
export interface JourneyLink {
  readonly value: string;
  readonly journey: string;
}

/** The end of a session is a journey of its own: a key that the journeys of the session do not have. */
export const endOf = (session: string): string => `end ${session}`;

/** Values of each generation: two of them are those of the last minute on a busy machine. */
const maxKnown = 10_000;
/** Shorter values, such as a careless state, may be those of others. */
const minFoundLength = 16;
const none: ReadonlyMap<string, string> = new Map();

/**
 * Returns the key of an authorization: the one that it was given, or the `state` with its client, because another client may send the
 * same state. Empty for a short state, which the next sign-in may have too.
 */
export const stateKey = ({
  clientId = '',
  state,
  journeyKey,
}: {
  clientId?: string | undefined;
  state: string | null | undefined;
  journeyKey?: string | undefined;
}): string => journeyKey ?? (state && state.length >= minFoundLength ? `${state}\n${clientId}` : '');

/** Returns the keys that are long enough to belong to one sign-in only. */
export const distinctKeys = (keys: readonly string[] = []): string[] =>
  keys.filter(({ length }) => length >= minFoundLength);

/** Families and journeys have such ids. They are not secret, and their order keeps an index compact. */
const isId = (value: string): boolean =>
  /^[\da-f]{8}-[\da-f]{4}-[47][\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/.test(value);
const recordedAs = (value: string): string => (isId(value) ? value : sha256(value));
const recorded = (values: readonly string[] = []): string[] =>
  values.filter((value) => value !== '').map(recordedAs);

/**
 * Decides the journeys of events. Remembers the values that this process met last. A link is stored only if a later request may need
 * it: for a lasting value always, for other keys if several processes have events of the same journeys.
 */
export class Journeys {
  readonly #alone: boolean;
  /**
   * Two generations: the older one is dropped as a whole. To delete the oldest entry of one map for each new one would cost more the
   * larger it is, because an iterator begins before all deleted entries.
   */
  #known = new Map<string, string>();
  #older = new Map<string, string>();
  #links: JourneyLink[] = [];

  /** @param alone whether no other process has events of the same journeys */
  constructor(alone: boolean) {
    this.#alone = alone;
  }

  /** Returns the journey of an event, or undefined if storage must be read for `askedValues` first. */
  decide(event: JourneyKeys): string | undefined {
    const keys = recorded(event.keys);
    const journey = event.journey ?? this.#knownJourney(keys, event.lasting);
    if (journey !== undefined) this.#join(journey, keys, event, none);
    return journey;
  }

  /**
   * Returns the journey of these values, and links the keys to it; undefined if none is known.
   * @param stored links that were read; without them, an unknown family may still have a journey
   */
  find(
    { journey: own, keys, lasting = '' }: JourneyKeys,
    stored?: ReadonlyMap<string, string>,
  ): string | undefined {
    const values = recorded(distinctKeys(keys));
    const journey =
      own ??
      [...values, ...recorded([lasting])]
        .map((value) => this.#journeyOf(value) ?? stored?.get(value))
        .find((known) => known !== undefined) ??
      stored?.get(sha256(lasting)) ??
      (stored && isId(lasting) ? lasting : undefined);
    if (journey !== undefined)
      for (const value of values) this.#link(value, journey, !this.#alone && !stored?.has(value));
    return journey;
  }

  /** Returns the values with links that may decide the journey. */
  askedValues({ journey, keys, lasting = '' }: JourneyKeys): string[] {
    if (journey !== undefined) return [];
    const values = [...(this.#alone ? [] : recorded(keys)), ...recorded([lasting])];
    const unknown = values.filter((value) => this.#journeyOf(value) === undefined);
    // Earlier versions hashed families too.
    return isId(lasting) && unknown.includes(lasting) ? [...unknown, sha256(lasting)] : unknown;
  }

  /** Returns the journey of an event after storage was read. */
  settle(event: JourneyKeys, stored = none): string {
    const { lasting = '' } = event;
    const keys = recorded(event.keys);
    const journey =
      event.journey ??
      [...keys, ...recorded([lasting])]
        .map((value) => this.#journeyOf(value) ?? stored.get(value))
        .find((known) => known !== undefined) ??
      stored.get(sha256(lasting)) ??
      (isId(lasting) ? lasting : orderedId());
    this.#join(journey, keys, event, stored);
    return journey;
  }

  /** Returns whether an event has a link, or may still get one, that another process may need at once. */
  mayLink({ keys }: JourneyKeys, decided: string | undefined): boolean {
    if (this.#alone) return false;
    return decided === undefined ? keys !== undefined : this.#links.length > 0;
  }

  /** Returns the links to store. */
  takeLinks(): JourneyLink[] {
    const links = this.#links;
    this.#links = [];
    return links;
  }

  /** Forgets links that could not be stored, so that the next event with such a value stores them. */
  forget(links: readonly JourneyLink[]): void {
    for (const { value } of links) {
      this.#known.delete(value);
      this.#older.delete(value);
    }
  }

  #knownJourney(keys: readonly string[], lasting = ''): string | undefined {
    for (const value of keys) {
      const known = this.#journeyOf(value);
      // Another process may know this value and not the next.
      if (known !== undefined || !this.#alone) return known;
    }
    return lasting === '' ? orderedId() : this.#journeyOf(recordedAs(lasting));
  }

  #join(
    journey: string,
    keys: readonly string[],
    { journey: own, lasting = '' }: JourneyKeys,
    stored: ReadonlyMap<string, string>,
  ): void {
    if (own !== undefined) this.#remember(own, own);
    for (const value of keys) this.#link(value, journey, !this.#alone && !stored.has(value));
    for (const value of recorded([lasting])) this.#link(value, journey, !stored.has(value));
  }

  #link(value: string, journey: string, isStored: boolean): void {
    if (this.#journeyOf(value) !== undefined) return;
    this.#remember(value, journey);
    if (isStored && value !== journey) this.#links.push({ value, journey });
  }

  #journeyOf(value: string): string | undefined {
    return this.#known.get(value) ?? this.#older.get(value);
  }

  #remember(value: string, journey: string): void {
    if (this.#known.size >= maxKnown) {
      this.#older = this.#known;
      this.#known = new Map();
    }
    this.#known.set(value, journey);
  }
}
