import { orderedId } from './ids.ts';
import { sha256 } from './secrets.ts';

/** What an event says about its journey. */
export interface JourneyKeys {
  /** The id of the journey, where the caller knows it. A family of tokens that begins a journey is its id. */
  readonly journey?: string | undefined;
  /**
   * Values that pass between services within minutes: state, code, jti of a hand-off. The first known value decides the journey; the
   * others belong to it from then on. Only their hashes are kept.
   */
  readonly keys?: readonly string[];
  /**
   * A value that is used for days and by every process: a family of tokens or a session. It counts as the last of the keys. A family
   * that belongs to no other journey is the id of its own, so it needs no link.
   */
  readonly lasting?: string;
}

/** A value, or its hash, and the journey that it belongs to. */
export interface JourneyLink {
  readonly value: string;
  readonly journey: string;
}

/** Maximum number of values whose journeys are remembered: those of the last minute on a busy machine. */
const mostKnown = 20_000;
const none: ReadonlyMap<string, string> = new Map();

/** An id of ours, as families and journeys have. It is not a secret, and its order keeps an index compact. */
const isId = (value: string): boolean => /^[\da-f]{8}-[\da-f]{4}-[47][\da-f]{3}-/.test(value);
const recordedAs = (value: string): string => (isId(value) ? value : sha256(value));
const valuesOf = (values: readonly string[] = []): string[] =>
  values.filter((value) => value !== '').map(recordedAs);

/**
 * Decides the journeys of events. Remembers the values that this process met last; links of other values are stored only if a later
 * request could need them: lasting values always, the others if further processes have events of the same journeys.
 */
export class Journeys {
  readonly #alone: boolean;
  readonly #known = new Map<string, string>();
  #links: JourneyLink[] = [];

  /** @param alone whether no other process has events of the same journeys */
  constructor(alone: boolean) {
    this.#alone = alone;
  }

  /** Returns the journey, or undefined if storage must be asked for `askedValues` first. */
  decide({ journey, keys, lasting }: JourneyKeys): string | undefined {
    const values = valuesOf(keys);
    const known = journey ?? this.#decide(values, lasting);
    if (known === undefined) return undefined;
    if (journey !== undefined) this.#remember(journey, journey);
    this.#join(known, values, lasting, none);
    return known;
  }

  /** Returns the values whose links decide the journey. */
  askedValues({ journey, keys, lasting = '' }: JourneyKeys): string[] {
    if (journey !== undefined) return [];
    const values = [...(this.#alone ? [] : valuesOf(keys)), ...valuesOf([lasting])];
    const unknown = values.filter((value) => !this.#known.has(value));
    // Earlier versions hashed families too.
    return isId(lasting) && unknown.includes(lasting) ? [...unknown, sha256(lasting)] : unknown;
  }

  /** Returns the journey with what storage knows. */
  settle({ journey: own, keys, lasting = '' }: JourneyKeys, stored = none): string {
    const values = valuesOf(keys);
    if (own !== undefined) this.#remember(own, own);
    const journey =
      own ??
      [...values, ...valuesOf([lasting])]
        .map((value) => this.#known.get(value) ?? stored.get(value))
        .find(Boolean) ??
      stored.get(sha256(lasting)) ??
      (isId(lasting) ? lasting : orderedId());
    this.#join(journey, values, lasting, stored);
    return journey;
  }

  /** Returns whether an event has, or may still get, a link that another process may need at once. */
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
    for (const { value } of links) this.#known.delete(value);
  }

  #decide(values: readonly string[], lasting = ''): string | undefined {
    for (const value of values) {
      const known = this.#known.get(value);
      // Another process may know an earlier value.
      if (known !== undefined || !this.#alone) return known;
    }
    return lasting === '' ? orderedId() : this.#known.get(recordedAs(lasting));
  }

  #join(journey: string, values: readonly string[], lasting = '', stored: ReadonlyMap<string, string>): void {
    for (const value of values) this.#link(value, journey, !this.#alone && !stored.has(value));
    for (const value of valuesOf([lasting])) this.#link(value, journey, !stored.has(value));
  }

  #link(value: string, journey: string, isStored: boolean): void {
    if (this.#known.has(value)) return;
    this.#remember(value, journey);
    if (isStored && value !== journey) this.#links.push({ value, journey });
  }

  #remember(value: string, journey: string): void {
    this.#known.set(value, journey);
    if (this.#known.size <= mostKnown) return;
    const { value: oldest } = this.#known.keys().next();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
