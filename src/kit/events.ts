import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '@alongside/kernel/operator';
import type { ConsoleApi } from './console-api.ts';
import type { AlongsideEvent } from './types.ts';

/** Milliseconds between two reads. */
const pause = 25;

async function eventsAfter(api: ConsoleApi, seq: number): Promise<AlongsideEvent[]> {
  return (await api.must('GET', '/events', { query: { since: String(seq) } })).events;
}

/** Returns all stored events, oldest first. */
async function allEvents(api: ConsoleApi): Promise<AlongsideEvent[]> {
  const all: AlongsideEvent[] = [];
  for (;;) {
    const events = await eventsAfter(api, all.at(-1)?.seq ?? 0);
    if (events.length === 0) return all;
    all.push(...events);
  }
}

/**
 * Resolves with the first event that has a name or passes a check, and happens after this call: from `since` on by the clock of the
 * instance, because the caller acts while the events before are still being read.
 * @throws OperatorError that names the other events, after `timeout` milliseconds
 */
export async function firstEvent(
  api: ConsoleApi,
  wanted: string | ((event: AlongsideEvent) => boolean),
  { since, timeout }: { since: number; timeout: number },
): Promise<AlongsideEvent> {
  const isWanted = typeof wanted === 'string' ? ({ name }: AlongsideEvent) => name === wanted : wanted;
  const end = performance.now() + timeout;
  const before = await allEvents(api);
  let last = before.at(-1)?.seq ?? 0;
  let events = before.filter(({ at }) => Date.parse(at) >= since);
  const others: string[] = [];
  for (;;) {
    for (const event of events) {
      if (isWanted(event)) return event;
      others.push(event.name);
    }
    if (performance.now() > end) {
      const what = typeof wanted === 'string' ? wanted : 'wanted';
      const came = others.length === 0 ? 'None came.' : `These came: ${others.slice(-20).join(', ')}.`;
      throw new OperatorError(`There was no event ${what} within ${timeout} ms. ${came}`);
    }
    await sleep(pause);
    events = await eventsAfter(api, last);
    last = events.at(-1)?.seq ?? last;
  }
}
