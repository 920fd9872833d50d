import type { ActFacts, Activity, EventFacts } from '@alongside/kernel/activity';
import type { Refusal } from '@alongside/kernel/errors';
import type { JourneyEvent } from '@alongside/kernel/events';
import { headerId } from '@alongside/kernel/ids';
import { withCurrentNames } from '@alongside/kernel/refusal-facts';
import { sha256 } from '@alongside/kernel/secrets';
import { cardRefusal, pinRefusal } from '../../identity-agent/protocol.ts';
import { laneOf, type Outer, type Places } from './lanes.ts';
import type { Lane, MessageKind, RefusalView } from './model.ts';
import { reasonAfterVerb, refusalViewOf, viewOf } from './refusal-view.ts';
import {
  impliedBy,
  type Wording,
  wordingOf,
  wordingOfEvent,
  wordingOfReturn,
  wordingToProvider,
} from './words.ts';

/** A redirect with which a request was answered. Its receiver is another message, or the application. */
export interface Departure {
  readonly to: Lane;
  readonly name: string;
  readonly words: string;
  /** Host and path of the receiver. */
  readonly route: string;
}

/** The call with which an API passed a request on to its back end. */
export interface Forwarding {
  readonly to: Lane;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** Undefined without a response. */
  readonly status: number | undefined;
}

export interface StoredMessage {
  readonly id: string;
  readonly parent?: string;
  readonly kind: MessageKind;
  readonly from: Lane;
  readonly to: Lane;
  readonly name: string;
  readonly words: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly outcome?: 'refused' | 'failed';
  readonly application?: string;
  readonly person?: string;
  readonly requestId?: string;
  readonly correlationId?: string;
  readonly refusal?: RefusalView;
  readonly faults?: readonly string[];
  readonly departs?: Departure;
  readonly forwards?: Forwarding;
}

/** Returns the line of a message, without the members that its name implies. */
export function textOf(journey: string, message: StoredMessage): string {
  const implied = impliedBy(message.name);
  const unless = <T>(usual: T | undefined, value: T) => (value === usual ? undefined : value);
  const kind = unless(implied?.kind, message.kind);
  const from = unless(implied?.from, message.from);
  const words = unless(implied?.words, message.words);
  return JSON.stringify({ journey, message: { ...message, kind, from, words } });
}

export const messageOf = (stored: StoredMessage): StoredMessage => ({
  ...impliedBy(stored.name),
  ...stored,
  ...(stored.refusal && { refusal: withCurrentNames(stored.refusal) }),
});

/** A stored message, with its effect on the journey. */
export interface Described {
  readonly message: StoredMessage;
  readonly wording: Wording;
  readonly events: readonly EventFacts[];
  readonly acts: readonly ActFacts[];
}

const grantIn = /(?:^|&)grant_type=([^&]{1,80})/;

/** Returns the last part of the grant type of a token request. */
function grantOf({ request, method }: Activity): string | undefined {
  if (method !== 'POST' || request === undefined) return undefined;
  return grantIn.exec(request.body)?.[1]?.split(/%3A|:/i).at(-1);
}

/** Returns the uid of a person; undefined for the id of a service, an operator or a citizen. */
const uidIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{12}$/.test(value) ? value : undefined;

/** Pages of CIS2 that begin a sign-in or an enrolment with one authenticator. */
const toProvider = /^\/(?:interaction|enrolment)\/:id\/:authenticator$/;

/** Returns the redirect with which a request was answered; undefined if it leads elsewhere in the same service. */
function departureOf({ answer, route: own }: Activity, from: Lane, places: Places): Departure | undefined {
  const location = answer?.headers.location;
  if (typeof location !== 'string' || answer === undefined || answer.status < 300) return undefined;
  const url = URL.parse(location);
  if (!url) return undefined;
  const at = places.at(url);
  if (at === from) return undefined;
  // A sign-in page of CIS2 leads to the agent or to another provider; the application gets the response of a finished sign-in.
  const to = at === 'application' && toProvider.test(own) ? (`outside:${url.host}` as const) : at;
  const parameters = url.search || url.hash;
  const { name, words } = to.startsWith('outside:')
    ? wordingToProvider()
    : wordingOfReturn(from, carriedBy(parameters));
  return { to, name, words, route: `${url.host}${url.pathname.slice(0, 200)}` };
}

function carriedBy(parameters: string): 'error' | 'code' | 'nothing' {
  if (/[?&#]error=/.test(parameters)) return 'error';
  return /[?&#]code=/.test(parameters) ? 'code' : 'nothing';
}

/** Words of a message, with the reason after them if it was refused. */
const wordsOf = (wording: Wording, view: RefusalView | undefined): string =>
  view ? `${wording.tries}: ${reasonAfterVerb(view)}` : wording.words;

/** Rounds to a tenth of a millisecond. */
export const tenths = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** Returns the message of a finished request; undefined if it is kept only when it fails. */
export function describe(
  activity: Activity,
  places: Places,
  outer?: Outer,
  forwards?: Forwarding,
): Described | undefined {
  const { id, at, milliseconds, method, route, status, request, caller, refusal, events, acts } = activity;
  const to = laneOf(activity);
  if (to === undefined) return undefined;
  const wording = wordingOf({ lane: to, method, route, grant: grantOf(activity) });
  // A client tries a sign-in by HEAD; the request of the browser, or the one that reads the reason, is its message.
  if (method === 'HEAD' && wording.name.endsWith('.authorize') && status < 500) return undefined;
  const hasFailed = refusal !== undefined || status >= 500;
  const departs = departureOf(activity, to, places);
  // The console shows a refusal of its own calls where they were made.
  const isShownThere = outer?.lane === 'console' && status < 500;
  if (wording.isQuiet && (!hasFailed || isShownThere) && !departs?.to.startsWith('outside:'))
    return undefined;
  const view = refusal && refusalViewOf(refusal);
  const isPlatform = to === 'cis2' && caller.client === places.platform;
  // Members without a value stay undefined, so that all messages have one shape, which is copied and encoded fast.
  const message: StoredMessage = {
    id,
    parent: outer?.lane === 'console' ? undefined : outer?.id,
    kind: wording.kind,
    from: outer?.lane ?? (isPlatform && wording.from === 'application' ? 'authorisation' : wording.from),
    to,
    name: wording.name,
    words: wordsOf(wording, view),
    at: tenths(at),
    ms: tenths(milliseconds),
    method,
    route: activity.operation ?? route,
    status,
    outcome: hasFailed ? (status >= 500 ? 'failed' : 'refused') : undefined,
    application: (!isPlatform && caller.application) || undefined,
    person: uidIn(caller.user),
    requestId: headerId(request?.headers['x-request-id']),
    correlationId: headerId(request?.headers['x-correlation-id']),
    refusal: view,
    departs,
    forwards,
    faults: activity.faults,
  };
  return { message, wording, events, acts };
}

/** Returns the id of the message of an event that no request recorded. */
export const idOfEvent = ({ journey, at, name }: Omit<JourneyEvent, 'seq'>): string =>
  `e${sha256(`${journey} ${at} ${name}`).slice(0, 31)}`;

/** Returns why the agent refused a card or a PIN. */
const refusalOfAct = ({
  result,
  refusal,
  reason,
  attemptsLeft,
}: JourneyEvent['detail']): Refusal | undefined =>
  result === 'card_rejected'
    ? cardRefusal(String(refusal), String(reason))
    : pinRefusal(String(result), typeof attemptsLeft === 'number' ? attemptsLeft : undefined);

/** Returns the message of an event that is one itself: the act of a person, or a call to the outside. */
export function describeOutside(event: Omit<JourneyEvent, 'seq'>): Described | undefined {
  const wording = wordingOfEvent(event.name, event.detail.step);
  if (!wording || event.detail.step === 'asked') return undefined;
  const ms = typeof event.detail.ms === 'number' ? event.detail.ms : 0;
  const at = Date.parse(event.at) - ms;
  const refusal = event.outcome === 'ok' ? undefined : refusalOfAct(event.detail);
  const view = refusal && viewOf(refusal);
  const message: StoredMessage = {
    id: idOfEvent(event),
    kind: wording.kind,
    from: wording.from,
    to: wording.kind === 'act' ? 'identity-agent' : 'application',
    name: wording.name,
    words: wordsOf(wording, view),
    at,
    ms,
    outcome: event.outcome === 'ok' ? undefined : event.outcome,
    person: uidIn(event.detail.uid),
    application: typeof event.detail.application === 'string' ? event.detail.application : undefined,
    refusal: view,
  };
  return { message, wording, events: [event], acts: [] };
}
