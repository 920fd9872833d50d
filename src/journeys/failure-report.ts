import { instantOf, relativeTime } from '@alongside/kernel/clock';
import type { Actor } from '@alongside/kernel/errors';
import type { JourneyEvent } from '@alongside/kernel/events';
import { columns } from '@alongside/kernel/operator';
import type { FoundRefusal } from '../storage/refusals.ts';

const actors: Readonly<Record<Actor, string>> = {
  user: 'the user',
  developer: 'the developer of the application',
  operator: 'the operator of this instance',
  agent: 'the Identity Agent on the workstation',
};

/** Fills the message id into a public description. The record has no other value of it. */
const filled = (description: string, messageId: string): string =>
  description.replaceAll('{messageId}', messageId).replace(/\{\w+\}/g, '…');

export type AgedRefusal = FoundRefusal & { ageSeconds: number };

/** Explains a refusal for people. */
export function refusalLines(refusal: AgedRefusal): string[] {
  const { error, status, code, description, detail, facts, fix, actor, source, method, path } = refusal;
  const { messageId, earlier, at, ageSeconds } = refusal;
  const refusedAt = Date.parse(at);
  // A report of a test run is read later, so it has the time itself too.
  const time = instantOf(refusedAt, refusedAt + ageSeconds * 1_000);
  const rows: [string, string][] = [
    ['Answer', `${status} ${code}: ${filled(description, messageId)}`],
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
    `${error} at ${`${method} ${path}`.trim()}, at ${time} (${relativeTime(-ageSeconds)})`,
    ...columns(rows.filter(([, value]) => value !== '')),
  ];
}

/** A journey with fewer events is the end of a session, which hides the sign-in before it. */
const minEvents = 3;

/** Returns the last journey with a refusal, else the last whole one, else the last. */
function lastJourney(events: readonly JourneyEvent[]): JourneyEvent[] {
  const all = [...Map.groupBy(events, ({ journey }) => journey).values()];
  return (
    all.findLast((journey) => journey.some(({ outcome }) => outcome !== 'ok')) ??
    all.findLast(({ length }) => length >= minEvents) ??
    all.at(-1) ??
    []
  );
}

/** Lists the events of the journey that explains a failure best: time, parties, name and outcome. */
export const lastJourneyLines = (events: readonly JourneyEvent[]): string[] =>
  columns(
    lastJourney(events).map(({ at, from, to, name, outcome }) => [
      at.slice(11, 23),
      `${from} -> ${to}`,
      name,
      outcome,
    ]),
  );
