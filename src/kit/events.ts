import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '@alongside/kernel/operator';
import type { ConsoleApi } from './console-api.ts';
import type { AlongsideEvent } from './types.ts';

/** Milliseconds between two reads. */
const pause = 25;

async function eventsAfter(api: ConsoleApi, seq: number): Promise<AlongsideEvent[]> {
  return (await api.must<{ events: AlongsideEvent[] }>('GET', `/events?since=${seq}`)).events;
}

/** Returns all stored events, oldest first. */
export async function allEvents(api: ConsoleApi): Promise<AlongsideEvent[]> {
  const all: AlongsideEvent[] = [];
  for (;;) {
    const events = await eventsAfter(api, all.at(-1)?.seq ?? 0);
    if (events.length === 0) return all;
    all.push(...events);
  }
}

/**
 * Resolves with the first event after this call that has a name or passes a check.
 * @throws OperatorError that names the events that came instead, after `timeout` milliseconds
 */
export async function firstEvent(
  api: ConsoleApi,
  wanted: string | ((event: AlongsideEvent) => boolean),
  timeout: number,
): Promise<AlongsideEvent> {
  const isWanted = typeof wanted === 'string' ? ({ name }: AlongsideEvent) => name === wanted : wanted;
  const end = performance.now() + timeout;
  let last = (await allEvents(api)).at(-1)?.seq ?? 0;
  const others: string[] = [];
  for (;;) {
    for (const event of await eventsAfter(api, last)) {
      if (isWanted(event)) return event;
      others.push(event.name);
      last = event.seq;
    }
    if (performance.now() > end) {
      const what = typeof wanted === 'string' ? wanted : 'wanted';
      const came = others.length === 0 ? 'None came.' : `These came: ${others.slice(-20).join(', ')}.`;
      throw new OperatorError(`There was no event ${what} within ${timeout} ms. ${came}`);
    }
    await sleep(pause);
  }
}
