import type { ActFacts, EventFacts } from '@alongside/kernel/activity';
import { sha256 } from '@alongside/kernel/secrets';
import type { Described } from './line.ts';
import type { JourneyPattern } from './model.ts';

/** Refusals of requests with nothing left to do: nobody's fault. They decide no journey. In lower case, as the words of a search. */
const harmless: ReadonlySet<string> = new Set(['authorisation.logoutunknown']);

export const isHarmless = ({ refusal }: { refusal?: { error: string | null } | null | undefined }): boolean =>
  typeof refusal?.error === 'string' && harmless.has(refusal.error.toLowerCase());

/** Patterns from the weakest: a message of a stronger one decides that of its journey. */
export const patternRanks: readonly JourneyPattern[] = [
  'application',
  'sign-out',
  'desk',
  'console',
  'separate',
  'combined',
];

/** The values that messages add to the row of their journey. Deltas of several processes add up in any order. */
export interface Delta {
  id: string;
  startedAt: number;
  endedAt: number;
  /** Index in `patternRanks`. */
  pattern: number;
  outcome: 'succeeded' | 'refused' | 'failed' | 'waiting';
  /** When the outcome was decided; 0 if these messages do not decide it. */
  decidedAt: number;
  headline: string;
  waitingFor: string | null;
  person: string | null;
  application: string | null;
  /** Those that a sign-out reached. */
  reached: string[];
  level: string | null;
  role: string | null;
  /** Hash of a session. */
  session: string | null;
  messages: number;
  wrongPins: number;
  failed: string | null;
  faults: string;
  clockMoved: number;
}

const textOf = (value: string | number | boolean | undefined): string | null =>
  value === undefined || value === '' ? null : String(value);

function begun(id: string, at: number): Delta {
  return {
    id,
    startedAt: at,
    endedAt: at,
    pattern: 0,
    outcome: 'waiting',
    decidedAt: 0,
    headline: '',
    waitingFor: null,
    person: null,
    application: null,
    reached: [],
    level: null,
    role: null,
    session: null,
    messages: 0,
    wrongPins: 0,
    failed: null,
    faults: '',
    clockMoved: 0,
  };
}

/** Returns the party outside that has the browser now. */
function waitedFor(place: string | undefined): string | undefined {
  if (place === 'application') return 'the application';
  return place?.startsWith('outside:') ? 'the provider' : undefined;
}

function addFacts(delta: Delta, { detail = {}, role }: Pick<ActFacts, 'detail' | 'role'>): void {
  delta.level ??= textOf(detail.level ?? detail.acr);
  delta.role ??= textOf(role ?? detail.roleId);
}

function addEvent(delta: Delta, event: EventFacts, message: string): void {
  const { name, outcome, detail = {}, session } = event;
  addFacts(delta, event);
  if (session) delta.session ??= sha256(session);
  const isPin = name === 'agent.pin' || name === message;
  if (isPin && outcome === 'refused' && 'attemptsLeft' in detail) delta.wrongPins += 1;
}

/** Adds a message to what is known of its journey. */
export function add(
  known: Delta | undefined,
  journey: string,
  { message, wording, events, acts }: Described,
  isClockMoved: boolean,
): Delta {
  const { at, ms, outcome, departs, forwards } = message;
  // The outer message decides. At the desk a page does not know what its PIN was for, and a sign-out has a journey of its own.
  const isApart = wording.pattern === 'desk' || wording.pattern === 'sign-out';
  const parent = isApart ? undefined : message.parent;
  const delta = known ?? begun(journey, at);
  const end = at + ms;
  delta.startedAt = Math.min(delta.startedAt, at);
  delta.endedAt = Math.max(delta.endedAt, end);
  if (isClockMoved) delta.clockMoved = 1;
  const leaves = departs?.to === 'application' || departs?.to.startsWith('outside:');
  delta.messages += leaves || forwards ? 2 : 1;
  delta.person ??= message.person ?? null;
  delta.application ??= message.application ?? null;
  if (wording.pattern === 'sign-out' && message.application && !delta.reached.includes(message.application))
    delta.reached.push(message.application);
  const pattern =
    message.name === 'cis2.authorize' && message.from === 'authorisation' ? 'combined' : wording.pattern;
  delta.pattern = Math.max(delta.pattern, pattern === undefined ? 0 : patternRanks.indexOf(pattern));
  for (const event of events) addEvent(delta, event, message.name);
  for (const act of acts) addFacts(delta, act);
  for (const fault of message.faults ?? []) delta.faults += ` ${fault}`;
  if (isHarmless(message)) return delta;
  if (outcome !== undefined) {
    delta.failed ??= message.id;
    if (parent === undefined && end >= delta.decidedAt)
      Object.assign(delta, {
        outcome,
        decidedAt: end,
        headline: message.refusal?.headline ?? message.words,
        waitingFor: null,
      });
    return delta;
  }
  if (parent !== undefined || end < delta.decidedAt) return delta;
  const waitsFor = waitedFor(departs?.to) ?? wording.waits;
  if (waitsFor !== undefined)
    Object.assign(delta, {
      outcome: 'waiting',
      decidedAt: end,
      headline: `Waits for ${waitsFor}`,
      waitingFor: waitsFor,
    });
  else if (wording.gaveUp !== undefined)
    Object.assign(delta, { outcome: 'waiting', decidedAt: end, headline: wording.gaveUp, waitingFor: null });
  else if (wording.done !== undefined)
    Object.assign(delta, { outcome: 'succeeded', decidedAt: end, headline: wording.done, waitingFor: null });
  else if (delta.decidedAt === 0) delta.headline = message.words;
  return delta;
}
