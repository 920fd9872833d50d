import { isHarmless } from './delta.ts';
import type { JourneyPattern, JourneyPeriod, JourneySummary, Lane, Message } from './model.ts';

const maxTextLength = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are invalid in SVG and invisible in HTML
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udfff]/gu;

/** Returns text from outside with a limited length and without control characters. */
export const cut = (text: string, longest = maxTextLength): string =>
  (text.length > longest ? `${text.slice(0, longest)}…` : text).replace(unprintable, '\ufffd');

/** Returns a duration such as `6 ms`, `1.05 s`, `2 min 3 s` or `1 h 5 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 0.95) return `${Math.max(0.1, milliseconds).toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 9.995) return `${Number(seconds.toFixed(2))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** Labels of the periods of lists and counts. */
export const periods: Readonly<Record<JourneyPeriod, string>> = {
  hour: 'Last hour',
  day: 'Last day',
  week: 'Last week',
};

/** Names of the patterns, as a list shows them. */
export const patterns: Readonly<Record<JourneyPattern, string>> = {
  combined: 'Combined',
  separate: 'Separate',
  application: 'Application-restricted',
  desk: 'At the desk',
  'sign-out': 'Sign-out',
  console: 'Console',
};

/** The parties in the order of their lanes. APIs and other servers follow. */
const laneNames = {
  person: 'Person',
  browser: 'Browser',
  application: 'Application',
  authorisation: 'Authorisation',
  cis2: 'CIS2',
  'identity-agent': 'Identity Agent',
  cis: 'CIS',
  console: 'Console',
} as const satisfies Partial<Record<Lane, string>>;

const isNamedLane = (lane: string): lane is keyof typeof laneNames => Object.hasOwn(laneNames, lane);

/** Short names of APIs that have one. */
const apiNames: Readonly<Record<string, string>> = { 'api:personal-demographics': 'PDS' };

/** Returns the name of a party: of an API its own, of another server its host. */
export const laneName = (lane: Lane): string =>
  isNamedLane(lane) ? laneNames[lane] : (apiNames[lane] ?? cut(lane.slice(lane.indexOf(':') + 1), 20));

/** Sorts the parties into the order of the lanes. */
export function inLaneOrder(lanes: Iterable<Lane>): Lane[] {
  const used = new Set(lanes);
  const others = [...used].filter((lane) => !isNamedLane(lane)).sort();
  const named = Object.keys(laneNames).filter(isNamedLane);
  return [...named.filter((lane) => used.has(lane)), ...others];
}

/** `Combined pattern`, `Sign-out`. */
export const patternName = (pattern: JourneyPattern): string =>
  pattern === 'combined' || pattern === 'separate' ? `${patterns[pattern]} pattern` : patterns[pattern];

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Returns a time as `27 Nov 2026, 07:34:02 UTC`. */
export function dateAndTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return cut(iso, 40);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${iso.slice(11, 19)} UTC`;
}

/** Returns a sentence as the part after a colon: without the capital letter of its first word, unless that is a name. */
export const afterColon = (sentence: string): string =>
  /^\p{Lu}(\p{Ll}|\s)/u.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;

/** Returns whether a message failed by somebody's fault. */
export const hasFailed = (message: Pick<Message, 'outcome' | 'refusal'>): boolean =>
  message.outcome !== 'succeeded' && !isHarmless(message);

/** Returns the reason for which a message did not succeed, or undefined. */
export function reasonOf({ outcome, refusal, kind, durationMs, status, words }: Message): string | undefined {
  if (outcome === 'succeeded') return undefined;
  if (refusal) return cut(afterColon(refusal.headline));
  const colon = words.indexOf(': ');
  if (colon !== -1) return cut(words.slice(colon + 2));
  if (outcome === 'lost') return kind === 'redirect' ? 'never arrived' : 'no answer';
  if (status !== null) return `answered ${status}`;
  if (outcome === 'refused') return 'refused';
  return durationMs === null ? 'no answer' : `no answer after ${duration(durationMs)}`;
}

/** Returns the words of a message, with the reason if it did not succeed and the words do not contain it. */
export function wordsOf(message: Message): string {
  const reason = message.words.includes(': ') ? undefined : reasonOf(message);
  return reason === undefined ? cut(message.words) : `${cut(message.words)}: ${reason}`;
}

/** Returns the words of a message without the reason of a refusal. */
export const attemptOf = ({ words }: Pick<Message, 'words'>): string => cut(words.split(': ', 1)[0] ?? '');

/** Returns a route of which only the end is shown if it is long: `…/R4/Patient/:id`. */
function shortRoute(route: string): string {
  if (route.length <= maxRouteLength || !route.startsWith('/')) return route;
  const start = route.indexOf('/', route.length - maxRouteLength);
  return `…${start === -1 ? route.slice(-maxRouteLength) : route.slice(start)}`;
}
const maxRouteLength = 20;

/** Returns the method, route, status and duration of a message; an empty string for an act. */
export function requestLine({ method, route, status, durationMs, outcome, response, kind }: Message): string {
  // The application handles it outside Alongside.
  if (kind === 'act' || (route === null && status === null)) return '';
  const request = [method, route === null ? undefined : cut(shortRoute(route))].filter(Boolean).join(' ');
  const error = outcome === 'refused' ? errorCode(response?.body) : undefined;
  const answer = status === null ? '' : ` → ${status}${error === undefined ? '' : ` ${error}`}`;
  const isUnknown = durationMs === null || (status === null && durationMs === 0);
  // The duration stays on one line.
  return `${request}${answer}${isUnknown ? '' : ` ·\u00a0${duration(durationMs).replaceAll(' ', '\u00a0')}`}`;
}

/** Returns the `error` of an OAuth error response. */
const errorCode = (body: string | undefined): string | undefined =>
  /^\s*\{\s*"error"\s*:\s*"([a-z_]{1,40})"/.exec(body ?? '')?.[1];

/** Returns the title of a journey: `Dr Harriet Quillfeather at Clinic Express`, or its headline if neither is known. */
export function titleOf({ person, application, pattern, headline }: JourneySummary): string {
  const who = person ? cut(person.name, 80) : undefined;
  const where = application ? cut(application.name, 80) : undefined;
  if (pattern === 'desk') return who ? `${who} at the desk` : 'Sign-in at the desk';
  if (pattern === 'sign-out') return who ? `${who} signs out` : 'Sign-out';
  if (who && where) return `${who} at ${where}`;
  return who ?? where ?? (headline ? cut(headline, 80) : patternName(pattern));
}

/** A level of `acr_values` that CIS2 does not offer and therefore ignored: the sign-in succeeds at another one. */
export interface IgnoredLevel {
  readonly asked: string;
  /** Number of the step that asked for it. */
  readonly step: number;
}

/** Returns the level that a message asked for in vain. */
export const ignoredLevel = ({
  events,
  number,
}: Pick<Message, 'events' | 'number'>): IgnoredLevel | undefined => {
  const asked = events.find(({ detail }) => detail.ignoredAcr !== undefined)?.detail.ignoredAcr;
  return asked === undefined ? undefined : { asked: String(asked), step: number };
};

/** Returns the levels that a journey asked for in vain. */
export const ignoredLevels = ({ messages }: { messages: readonly Message[] }): IgnoredLevel[] =>
  messages.flatMap((message) => ignoredLevel(message) ?? []);
