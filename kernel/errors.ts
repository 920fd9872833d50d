import type { RefusalFacts } from './refusal-facts.ts';

/** Who has to act when an error appears. */
export const actors = ['user', 'developer', 'operator', 'agent'] as const;
export type Actor = (typeof actors)[number];

export interface ErrorEntry {
  /** Stable name, `service.name`, as in the log and the documentation. */
  readonly id: string;
  /** The `error` member of the protocol, or a code of the API. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Public description. It contains nothing from the request unless the reference requires it. */
  readonly description: string;
  /** Whether it may be sent to the client in a redirect (RFC 6749 section 4.1.2.1). */
  readonly redirect: boolean;
  readonly actor: Actor;
  /** The expected value, as a noun phrase for people. A step that knows the value replaces it: `about`. */
  readonly expected: string;
  /** The remedy for the actor: one or two sentences in the imperative. */
  readonly fix: string;
  readonly source: string;
}

/** An error of a catalogue, with the private reason for the log. */
export class Refusal extends Error {
  readonly entry: ErrorEntry;
  /** Expected and received values, for the log and for `explain`. Never a secret, a token or patient data. */
  readonly detail: string;
  /** Additional members of the response. */
  readonly extra: Readonly<Record<string, string | number>>;
  /** The same for people, where a step knows it. */
  facts: RefusalFacts | undefined;

  constructor(
    entry: ErrorEntry,
    detail: string,
    extra: Record<string, string | number> = {},
    cause?: unknown,
  ) {
    super(entry.description, { cause });
    this.name = 'Refusal';
    this.entry = entry;
    this.detail = detail;
    this.extra = extra;
  }

  /** Returns another error for the same reason. */
  as(refuse: Refuse): Refusal {
    const other = refuse(this.detail);
    other.facts = this.facts;
    return other;
  }

  /** Adds what the console shows about it, if anything more is known. */
  about(facts: RefusalFacts | undefined): this {
    this.facts = facts;
    return this;
  }
}

/** Creates a refusal of one entry, with what was received: `throw errors.clientMissing('no client_id in the query')`. */
export type Refuse = ((
  detail: string,
  extra?: Record<string, string | number>,
  cause?: unknown,
) => Refusal) & { readonly entry: ErrorEntry };

/** An error without its name. By default, the developer has to act: `Send` what is expected. It is not sent in a redirect. */
type Draft = Omit<ErrorEntry, 'id' | 'redirect' | 'actor' | 'fix'> &
  Partial<Pick<ErrorEntry, 'redirect' | 'actor' | 'fix'>>;

const entries = new Map<string, ErrorEntry>();
/** The entries of all catalogues that this program has loaded, by id. */
export const knownErrors: ReadonlyMap<string, ErrorEntry> = entries;

/** Declares the errors of a service. Each key becomes the name `service.key`. */
export function catalogue<K extends string>(service: string, drafts: Record<K, Draft>): Record<K, Refuse> {
  const made = {} as Record<K, Refuse>;
  for (const name of Object.keys(drafts) as K[]) {
    const entry: ErrorEntry = Object.freeze({
      redirect: false,
      actor: 'developer',
      fix: `Send ${drafts[name].expected}.`,
      ...drafts[name],
      id: `${service}.${name}`,
    });
    entries.set(entry.id, entry);
    made[name] = Object.assign(
      (detail: string, extra?: Record<string, string | number>, cause?: unknown) =>
        new Refusal(entry, detail, extra, cause),
      { entry },
    );
  }
  return made;
}

/** Returns the message of any thrown value. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Returns the message for the log: for a refusal, its private detail. */
export const detailOf = (thrown: unknown): string =>
  thrown instanceof Refusal && thrown.detail !== '' ? thrown.detail : reasonOf(thrown);
