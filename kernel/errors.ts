/** Who has to act when an error appears. */
export type Actor = 'user' | 'developer' | 'operator' | 'agent';

/** One line of the catalogue of errors. */
export interface ErrorEntry {
  /** Stable name, `service.name`: what the log and the documentation call it. */
  readonly id: string;
  /** The `error` member of the protocol, or a code of the API. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** What the caller reads. Never anything from the request unless the reference says so. */
  readonly description: string;
  /** Whether it may travel in a redirect to the client (RFC 6749 section 4.1.2.1). */
  readonly redirect: boolean;
  readonly actor: Actor;
  /** What the actor does about it: one or two sentences in the imperative. */
  readonly fix: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/** A refusal of the catalogue, with the private reason for the log. */
export class Refusal extends Error {
  readonly entry: ErrorEntry;
  /** What was expected and what was received, for the log and for `explain`. Never a secret, a token or patient data. */
  readonly detail: string;
  /** Members that the answer carries beside the entry's own. */
  readonly extra: Readonly<Record<string, string | number>>;

  constructor(entry: ErrorEntry, detail = '', extra: Record<string, string | number> = {}, cause?: unknown) {
    super(entry.description, { cause });
    this.name = 'Refusal';
    this.entry = entry;
    this.detail = detail;
    this.extra = extra;
  }
}

/** Makes a refusal of one entry: `throw errors.clientMissing('no client_id in the query')`. */
export type Refuse = ((
  detail?: string,
  extra?: Record<string, string | number>,
  cause?: unknown,
) => Refusal) & { readonly entry: ErrorEntry };

type Draft = Omit<ErrorEntry, 'id' | 'redirect'> & { redirect?: boolean };

/** Declares the errors of a service. The keys become names, `service.key`. */
export function catalogue<K extends string>(service: string, drafts: Record<K, Draft>): Record<K, Refuse> {
  const made = {} as Record<K, Refuse>;
  for (const name of Object.keys(drafts) as K[]) {
    const entry: ErrorEntry = Object.freeze({ redirect: false, ...drafts[name], id: `${service}.${name}` });
    made[name] = Object.assign(
      (detail?: string, extra?: Record<string, string | number>, cause?: unknown) =>
        new Refusal(entry, detail, extra, cause),
      { entry },
    );
  }
  return made;
}

/** The reason of any thrown thing, in words. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The same for the log alone: of a refusal what nobody else is told. */
export const detailOf = (thrown: unknown): string =>
  thrown instanceof Refusal && thrown.detail !== '' ? thrown.detail : reasonOf(thrown);
