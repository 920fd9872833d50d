import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { titledParts } from '@alongside/kernel/operator';
import type { ConsoleApi } from './console-api.ts';
import type { Timings } from './types.ts';

const maxLogLines = 20;
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
const timeout = 1_000;

/**
 * Waits until the log is complete. The instance writes it without waiting, so the line of a refusal may follow its response: the
 * line of one more request follows all others. Returns the id in that line.
 */
async function completeLog(api: ConsoleApi, log: readonly string[]): Promise<string | undefined> {
  const { messageId } = await api.call('GET', '/refusals/end-of-log');
  const end = performance.now() + timeout;
  if (messageId !== undefined)
    while (!log.some((line) => line.includes(messageId)) && performance.now() < end) await sleep(5);
  return messageId;
}

type Part = readonly [title: string, lines: readonly string[]];

/** Where a test begins, in what the instance records and in its log. */
export interface ReportStart {
  readonly mark: string;
  readonly logLine: string | undefined;
}

/** Returns where the report of the next test begins: now. */
export const startReport = async (
  api: ConsoleApi,
  log: readonly string[],
  former?: ReportStart,
): Promise<ReportStart> => ({
  mark: (await api.must('GET', '/report', { query: { since: former?.mark } })).mark,
  logLine: log.at(-1),
});

/** Returns what the instance records, and the log with its end. */
async function recorded(
  api: ConsoleApi,
  { log, isOwn, start }: { log: readonly string[]; isOwn: boolean; start: ReportStart | undefined },
): Promise<{ text: string; log: readonly string[] }> {
  const sinceStart = () => log.slice(log.lastIndexOf(start?.logLine ?? '') + 1);
  try {
    const { text } = await api.must('GET', '/report', { query: { since: start?.mark } });
    const marker = isOwn ? await completeLog(api, log) : undefined;
    return { text, log: sinceStart().filter((line) => marker === undefined || !line.includes(marker)) };
  } catch (error) {
    return { text: titledParts([['No requests and journeys:', [reasonOf(error)]]]), log: sinceStart() };
  }
}

/** Returns the report of a failed test, also of an instance that has ended. */
export async function reportOf(
  api: ConsoleApi,
  { log, timings }: { log: readonly string[]; timings: Timings },
  start?: ReportStart,
): Promise<string> {
  const isOwn = timings.ready !== null;
  const { text, log: ofTest } = await recorded(api, { log, isOwn, start });
  const first: Part = [`Alongside at ${api.origin}, from its start:`, timeLines(timings)];
  const last: Part = ['The end of the log:', ofTest.slice(-maxLogLines).map(logLine)];
  return [titledParts([first]), text, titledParts([last])].filter((text) => text !== '').join('\n\n');
}
