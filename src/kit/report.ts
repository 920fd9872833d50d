import { setTimeout as sleep } from 'node:timers/promises';
import { relativeTime } from '@alongside/kernel/clock';
import { type Actor, reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { columns } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { FoundRefusal } from '../storage/refusals.ts';
import type { ConsoleApi } from './console-api.ts';
import { allEvents } from './events.ts';
import type { AlongsideEvent, Timings } from './types.ts';

const actors: Readonly<Record<Actor, string>> = {
  user: 'the user',
  developer: 'the developer of the application',
  operator: 'the operator of this instance',
  agent: 'the Identity Agent on the workstation',
};

export type AgedRefusal = FoundRefusal & { ageSeconds: number };

/** Explains a refusal for people. */
export function linesOf(refusal: AgedRefusal): string[] {
  const { error, status, code, description, detail, facts, fix, actor, source, method, path } = refusal;
  const { messageId, earlier, ageSeconds } = refusal;
  const rows: [string, string][] = [
    ['Answer', `${status} ${code}: ${description}`],
    ['Reason', detail],
    ['Received', facts?.received ?? ''],
    ['Expected', facts?.expected ?? refusal.expected],
    ['Fix', fix],
    ['Who acts', actors[actor]],
    ['Source', source],
    ['Message id', messageId],
    ['Earlier', earlier.join(', ')],
  ];
  return [
    `${error} at ${`${method} ${path}`.trim()}, ${relativeTime(-ageSeconds)}`,
    ...columns(rows.filter(([, value]) => value !== '')),
  ];
}

const maxLogLines = 20;
const maxRefusals = 5;

/** A line of the log about a request. */
const requestLine = z.object({ id: z.string(), msg: z.enum(['refused', 'failed']) });

/** Returns the ids of the last refused requests in a log. */
function refusedIds(log: readonly string[]): string[] {
  const ids = log.flatMap((line) => {
    // Warnings of Node.js are not JSON.
    const { data } = line.startsWith('{') ? requestLine.safeParse(parseOwnJson(line)) : {};
    return data?.id ?? [];
  });
  return ids.slice(-maxRefusals);
}

async function refusalLines(api: ConsoleApi, log: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const id of refusedIds(log)) {
    const found = await api.call<AgedRefusal>('GET', `/refusals/${encodeURIComponent(id)}`);
    if (found.status === 200) lines.push(...linesOf(found.body));
  }
  return lines;
}

/** A journey with fewer events is the end of a session, which hides the sign-in before it. */
const fewest = 3;

/** Returns the last journey with a refusal, else the last whole one, else the last. */
function lastJourney(events: readonly AlongsideEvent[]): AlongsideEvent[] {
  const journeys = new Map<string, AlongsideEvent[]>();
  for (const event of events) journeys.set(event.journey, [...(journeys.get(event.journey) ?? []), event]);
  const all = [...journeys.values()];
  return (
    all.findLast((journey) => journey.some(({ outcome }) => outcome !== 'ok')) ??
    all.findLast(({ length }) => length >= fewest) ??
    all.at(-1) ??
    []
  );
}

const journeyLines = (events: readonly AlongsideEvent[]): string[] =>
  columns(
    lastJourney(events).map(({ at, from, to, name, outcome }) => [
      at.slice(11, 23),
      `${from} -> ${to}`,
      name,
      outcome,
    ]),
  );

/** Formats a line of the log for people: time, service, message, then the other members. */
function logLine(line: string): string {
  if (!line.startsWith('{')) return line;
  const { time, level: _, service, msg, ...members } = parseOwnJson<Record<string, unknown>>(line);
  const at = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
  return `${at} ${service}: ${msg} ${Object.keys(members).length > 0 ? JSON.stringify(members) : ''}`.trim();
}

const milliseconds = (value: number): string => `${Math.round(value)} ms`;

const timeLines = ({ ready, signedIn }: Timings): string[] => [
  ...(ready === null ? [] : [`ready after ${milliseconds(ready)}`]),
  ...(signedIn === null ? [] : [`signed in at the desk after ${milliseconds(signedIn)}`]),
];

/** Milliseconds to wait for the end of the log, which is missing at higher levels. */
const patience = 1_000;

/**
 * Returns the log once it is complete. The instance writes it without waiting, so the line of a refusal may follow its response:
 * the line of one more request follows all others.
 */
async function completeLog(api: ConsoleApi, log: readonly string[]): Promise<readonly string[]> {
  const { messageId } = await api.call('GET', '/refusals/end-of-log');
  if (messageId === undefined) return log;
  const isMarker = (line: string) => line.includes(messageId);
  const end = performance.now() + patience;
  while (!log.some(isMarker) && performance.now() < end) await sleep(5);
  return log.filter((line) => !isMarker(line));
}

type Part = [title: string, lines: string[]];

/** Returns the parts that the instance records, and the part of its log. */
async function recordedParts(api: ConsoleApi, log: readonly string[], isOwn: boolean): Promise<Part[]> {
  const logPart = (lines = log): Part => ['The end of the log:', lines.slice(-maxLogLines).map(logLine)];
  try {
    const complete = isOwn ? await completeLog(api, log) : log;
    return [
      ['Refused requests, the last one at the end:', await refusalLines(api, complete)],
      ['The last journey:', journeyLines(await allEvents(api))],
      logPart(complete),
    ];
  } catch (error) {
    return [['No requests and journeys:', [reasonOf(error)]], logPart()];
  }
}

/** Returns the report of a failed test, also of an instance that has ended. */
export async function reportOf(
  api: ConsoleApi,
  { log, timings }: { log: readonly string[]; timings: Timings },
): Promise<string[]> {
  const parts: Part[] = [
    [`Alongside at ${api.origin}, from its start:`, timeLines(timings)],
    ...(await recordedParts(api, log, timings.ready !== null)),
  ];
  return parts
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => ['', title, ...lines.map((line) => `  ${line}`)])
    .slice(1);
}
