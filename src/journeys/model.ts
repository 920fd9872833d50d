import type { Actor } from '@alongside/kernel/errors';

/**
 * A party of a journey, as a lane of its diagram. An API behind the gateway is a party of its own: `api:` and its name. A server outside
 * this installation is `outside:` and its host; a mock of one is `mock:` and its name.
 */
export type Lane =
  | 'person'
  | 'browser'
  | 'application'
  | 'authorisation'
  | 'cis2'
  | 'identity-agent'
  | 'cis'
  | 'console'
  | `api:${string}`
  | `mock:${string}`
  | `outside:${string}`;

/**
 * `redirect`: the sender's 302 and the receiver's GET, as one. `call`: a request and its response between two programs. `act`: something
 * that a person did, such as the entry of a PIN.
 */
export type MessageKind = 'redirect' | 'call' | 'act';

/** `lost`: a redirect that never arrived, or a call without a response. */
export type MessageOutcome = 'succeeded' | 'refused' | 'failed' | 'lost';

/** `waiting`: for a person or a program. `abandoned`: nothing has happened for five minutes, or the card left before its PIN. */
export type JourneyOutcome = 'succeeded' | 'refused' | 'failed' | 'waiting' | 'abandoned';

/** `application`: an application acts as itself. `desk`: a sign-in at the workstation. `console`: tokens issued for a test. */
export type JourneyPattern = 'combined' | 'separate' | 'application' | 'desk' | 'sign-out' | 'console';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Why a request was refused, for people. */
export interface RefusalView {
  /** Id of the error, such as `authorisation.clientOrSecret`. */
  readonly error: string;
  /** The member that was wrong, such as `client_secret`; null if none is. */
  readonly field: string | null;
  /** A sentence, such as `The client secret is wrong`. */
  readonly headline: string;
  /** The received value, cut where it is secret. */
  readonly came: string | null;
  /** The expected value. Up to five registered values, the nearest marked. */
  readonly expected: string | null;
  /** What to do. */
  readonly mend: string;
  readonly actor: Actor;
  readonly source: string;
}

/** A named value of a request or a response. */
export interface Field {
  readonly name: string;
  /** Secrets: the first four characters, an ellipsis and the length. */
  readonly value: string;
  /** A keyed hash by which the same secret is recognised in other messages. */
  readonly mark?: string;
  /** Whether this value caused the refusal. */
  readonly offending?: true;
}

/** A JWT without its signature. */
export interface DecodedToken {
  /** Where it was: a parameter, a member of the body or a header. */
  readonly name: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether the signature holds, with the key that was used. Null if no key of this installation or its applications has this kid. */
  readonly signature: { readonly holds: boolean; readonly keyId: string; readonly owner: string } | null;
}

/** A request or a response, with secrets cut when it was captured. In development only. */
export interface Captured {
  /** The address of a request without its query. */
  readonly url?: string;
  readonly headers: readonly Field[];
  readonly query?: readonly Field[];
  /** Parameters of a form. */
  readonly form?: readonly Field[];
  /** Any other body, as text. JSON is indented. */
  readonly body?: string;
  /** Secret members of a JSON body, such as `access_token`, with their marks. */
  readonly members?: readonly Field[];
  /** Whether the body was longer than the limit. */
  readonly isCut: boolean;
  readonly tokens: readonly DecodedToken[];
}

/** One HTTP exchange, by socket or in process, or one act of a person. */
export interface Message {
  /** In the header `X-Message-Id` of the response. */
  readonly id: string;
  readonly journey: string;
  /** The message during which this call was made. */
  readonly parent: string | null;
  /** Place in the journey, from 1. */
  readonly number: number;
  readonly kind: MessageKind;
  readonly from: Lane;
  readonly to: Lane;
  /** Stable name, such as `authorisation.token.code`. */
  readonly name: string;
  /** Third person, verb first, at most 32 characters: `Exchanges the code for tokens`. */
  readonly words: string;
  /** ISO 8601, with milliseconds. */
  readonly startedAt: string;
  /** Milliseconds since the start of the journey. */
  readonly offsetMs: number;
  /** Null while it runs. */
  readonly durationMs: number | null;
  readonly method: string | null;
  /** Template of the route. */
  readonly route: string | null;
  readonly status: number | null;
  readonly outcome: MessageOutcome;
  readonly application: Named | null;
  readonly person: { readonly uid: string; readonly name: string } | null;
  /** X-Request-ID and X-Correlation-ID that the client sent. */
  readonly requestId: string | null;
  readonly correlationId: string | null;
  readonly refusal: RefusalView | null;
  /** Injected faults that hit it. */
  readonly faults: readonly string[];
  readonly request: Captured | null;
  readonly response: Captured | null;
  /** Why nothing was captured; null if something was. */
  readonly notCaptured: string | null;
  /** The steps that were recorded in it. */
  readonly events: readonly {
    readonly name: string;
    readonly outcome: 'ok' | 'refused' | 'failed';
    readonly detail: Readonly<Record<string, string | number | boolean>>;
  }[];
}

/** One row of the list of journeys. */
export interface JourneySummary {
  readonly id: string;
  readonly startedAt: string;
  /** From the first message to the end of the last. */
  readonly durationMs: number;
  readonly pattern: JourneyPattern;
  readonly outcome: JourneyOutcome;
  readonly person: { readonly uid: string; readonly name: string } | null;
  readonly application: Named | null;
  /** What happened, as a sentence without subject: `Read a patient`; a refusal's headline. */
  readonly headline: string;
  /** For whom or what a journey waits. */
  readonly waitingFor: string | null;
  /** Number of the first message that was refused or failed. */
  readonly failedStep: number | null;
  /** Number of messages. */
  readonly count: number;
  /** Whether the clock was moved, or faults hit it. */
  readonly isClockMoved: boolean;
  readonly faults: readonly string[];
}

/** A journey with its messages in order. */
export interface Journey extends JourneySummary {
  /** Role and level of the sign-in, for the title. */
  readonly role: string | null;
  readonly level: string | null;
  /** Journeys of the same session. */
  readonly links: readonly {
    readonly id: string;
    readonly why: 'desk sign-in' | 'same session' | 'sign-out';
  }[];
  readonly messages: readonly Message[];
  /** Whether older messages were removed by age or size. */
  readonly isTruncated: boolean;
}

export interface JourneyFilter {
  /** Prefix of a name, or a whole id: of a journey, message, request, correlation, person, session or application. */
  readonly q?: string | undefined;
  readonly outcome?: JourneyOutcome | undefined;
  readonly application?: string | undefined;
  readonly person?: string | undefined;
  readonly pattern?: JourneyPattern | undefined;
  /** ISO 8601. */
  readonly from?: string | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

/** Reads the stored journeys. Reads see everything that was answered before. */
export interface JourneyReader {
  /** Newest first, 50 at a time. */
  list(filter?: JourneyFilter): Promise<{ journeys: JourneySummary[]; next: string | null }>;
  find(id: string): Promise<Journey | undefined>;
  message(id: string): Promise<Message | undefined>;
  /** The number of journeys refused since then (ISO 8601), at most 1,000. */
  refusedSince(from: string): Promise<number>;
}
