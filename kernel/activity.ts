import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import type { Refusal } from './errors.ts';
import type { JourneyKeys } from './journeys.ts';
import type { RefusalRecord } from './refusals.ts';

/** The members of an HTTP request that outlast its endpoint. */
export interface ReceivedRequest {
  /** Unique id; `message_id` of OAuth errors, `messageid` of the gateway. */
  readonly id: string;
  /** Path without the query, percent-encoding unchanged. */
  readonly path: string;
  /** Query without its `?`, percent-encoding unchanged. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Body as text; empty without a body. */
  readonly body: string;
  readonly address: string;
}

type Outcome = 'ok' | 'refused' | 'failed';
type Detail = Readonly<Record<string, string | number | boolean | undefined>>;

/** An event of a journey, as far as it concerns its request. */
export interface EventFacts {
  readonly name: string;
  /** `ok` by default. */
  readonly outcome?: Outcome | undefined;
  readonly detail?: Detail | undefined;
  readonly session?: string | undefined;
  readonly role?: string | undefined;
}

/** The entry of an audit record, as far as it concerns its request. */
export interface ActFacts {
  readonly action: string;
  readonly outcome: Outcome;
  readonly actor: string;
  readonly application?: string | null | undefined;
  readonly role?: string | null | undefined;
  readonly detail?: Detail | undefined;
}

/** Returns the outcome of a request by the status of its response. */
export function outcomeOf(status: number): Outcome {
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}

/** The caller and the API: ids, never a name, an address of a person, a token or patient data. */
export interface Caller {
  application?: string | null | undefined;
  client?: string | null | undefined;
  /** uid of the user, or the service or operator that acted. */
  user?: string | null | undefined;
  api?: string | undefined;
  /** Why the gateway refused a call: the name of its rule. `passed` otherwise. */
  rule?: string | undefined;
}

/** A citizen's uid is the NHS number of a patient; that of a care worker has twelve digits. */
const isNhsNumber = /^\d{10}$/;

/** W3C Trace Context, section 3.2. */
const traceForm = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

/** The trace of a request, where traces are sent. */
export interface Trace {
  /** The `traceparent` of the span of this request, for the code that it issues. */
  readonly context: string;
  /** Links the span to the one that issued a code. */
  link(context: string | undefined): void;
}

/** Finds the journey of values that earlier events had; a promise where another process may know it. It begins none. */
export type JourneyFinder = (
  values: Pick<JourneyKeys, 'journey' | 'keys' | 'lasting'>,
) => string | undefined | Promise<string | undefined>;

const current = new AsyncLocalStorage<Activity>();

/**
 * What a route declares as secret in its requests and responses: parameters of the query or the form, headers and members of JSON by
 * these names, or all of both bodies, where people type a PIN or a password.
 */
export type Secrets = 'bodies' | readonly string[];

const noSecrets: Secrets = [];

/** The facts that a route declares about its requests. */
export interface RouteFacts {
  /** What its requests and responses must not leave in a log, a captured message or the database. */
  readonly secrets?: Secrets;
  /** Whether it waits on purpose, such as a stream of events: its duration is no latency. */
  readonly waits?: boolean;
}

/** The route of requests that no route serves. */
export const noRoute = 'other';

/**
 * The facts of one request for its line in the log and the metrics. Events and audit records add themselves, so an endpoint that
 * records them needs no further line.
 */
export class Activity {
  readonly service: string;
  readonly method: string;
  /** Whether another service of this process called, without a socket. */
  readonly isInternal: boolean;
  /** The request during which this one was made, without a socket. */
  readonly parent: Activity | undefined;
  /** When it began, in milliseconds of an observer's clock. */
  at = 0;
  request: ReceivedRequest | undefined;
  answer: Answer | undefined;
  id = '';
  address = '';
  /** The trace of the caller (W3C Trace Context), for the log; that of the request, where traces are sent. */
  traceId: string | undefined;
  /** The valid `traceparent` of the caller, and whether the caller may decide the trace of this request. */
  traceparent: string | undefined;
  isTraceTrusted = false;
  trace: Trace | undefined;
  route = noRoute;
  secrets = noSecrets;
  waits = false;
  /** Template of the operation, where the route is that of any path. Not for metrics: definitions may have thousands. */
  operation: string | undefined;
  status = 0;
  milliseconds = 0;
  journey: string | undefined;
  finder: JourneyFinder | undefined;
  caller: Caller = {};
  refusal: { readonly record: RefusalRecord; readonly refusal: Refusal } | undefined;
  readonly events: EventFacts[] = [];
  readonly acts: ActFacts[] = [];
  /** Injected faults that hit it; development only. */
  faults: string[] | undefined;
  /** Endpoints at which an unauthenticated caller was refused. */
  readonly unproven: string[] = [];
  #undecided = 0;
  #whenDecided: (() => void) | undefined;

  constructor(service: string, method: string, isInternal = false) {
    this.service = service;
    this.method = method;
    this.isInternal = isInternal;
    this.parent = isInternal ? current.getStore() : undefined;
  }

  /** Takes the members of a request that the line and the metrics need, once it is parsed. */
  follow(request: ReceivedRequest, route: string, facts: RouteFacts = {}, isTraceTrusted = false): void {
    const { id, address, headers } = request;
    this.request = request;
    this.id = id;
    this.address = address;
    this.route = route;
    this.secrets = facts.secrets ?? noSecrets;
    this.waits = facts.waits ?? false;
    const { traceparent } = headers;
    if (typeof traceparent !== 'string') return;
    this.traceId = traceForm.exec(traceparent)?.[1];
    if (this.traceId !== undefined) this.traceparent = traceparent;
    this.isTraceTrusted = isTraceTrusted;
  }

  /** Adds the members that are not known yet: the first client and user of a request are its caller. */
  note({ application, client, user, api, rule }: Caller): void {
    const { caller } = this;
    if (application) caller.application ??= application;
    if (client) caller.client ??= client;
    if (user && !isNhsNumber.test(user)) caller.user ??= user;
    if (api) caller.api ??= api;
    if (rule) caller.rule ??= rule;
  }

  noteFault(name: string): void {
    this.faults ??= [];
    if (!this.faults.includes(name)) this.faults.push(name);
  }

  noteEvent(event: EventFacts, journey?: string): void {
    this.events.push(event);
    if (journey === undefined) this.#undecided += 1;
    else this.journey ??= journey;
  }

  /** Joins the journey of these values, if one is known, and adds the keys to it. For requests that record no event, such as refused ones. */
  join(values: Pick<JourneyKeys, 'keys' | 'lasting'>): void {
    // A request inside another belongs to its journey.
    if (this.parent) return;
    const found = this.finder?.({ ...values, journey: this.journey });
    if (found === undefined || typeof found === 'string') this.journey ??= found;
    else {
      this.#undecided += 1;
      found.then(
        (journey) => this.decideJourney(journey),
        () => this.decideJourney(undefined),
      );
    }
  }

  /** Notes an act from its audit record. */
  noteAct(act: ActFacts): void {
    this.acts.push(act);
    this.note({ user: act.actor, application: act.application });
  }

  /** Sets the journey of an event that was noted without one; undefined if storage could not be read. */
  decideJourney(journey: string | undefined): void {
    this.journey ??= journey;
    this.#undecided -= 1;
    if (this.#undecided > 0) return;
    this.#whenDecided?.();
    this.#whenDecided = undefined;
  }

  /** Calls back when the journey of every event is known, at once if it is. */
  whenDecided(then: () => void): void {
    if (this.#undecided <= 0) then();
    else this.#whenDecided = then;
  }
}

/** Derives an output from the requests of a process, such as a line in the log. It never fails. */
export interface RequestObserver {
  began?(activity: Activity): void;
  /** The response was sent, or the client left, and the journey of each event is known. */
  ended(activity: Activity): void;
}

/** Returns the activity of the current request; undefined outside requests, and where nothing observes them. */
export const activity = (): Activity | undefined => current.getStore();

export function noteAnswer(seen: Activity, answer: Answer): void {
  seen.status = answer.status;
  seen.answer = answer;
}

/** Runs the work of one request. All code that it calls finds the activity. */
export async function observed<T>(
  observer: RequestObserver,
  request: Activity,
  work: (request: Activity) => Promise<T>,
): Promise<T> {
  observer.began?.(request);
  const began = performance.now();
  try {
    return await current.run(request, work, request);
  } finally {
    request.milliseconds = performance.now() - began;
    request.whenDecided(() => observer.ended(request));
  }
}
