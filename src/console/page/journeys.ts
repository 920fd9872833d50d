import type { JourneyEvent } from '@alongside/kernel/events';
import type { StoredEvents } from '../../storage/events.ts';

/** Events that belong together, oldest first. */
export interface Journey {
  id: string;
  events: JourneyEvent[];
}

/** How many events back the page looks, and how many journeys it shows. */
const limits = { events: 400, journeys: 15 };

/** Groups events to journeys; the one with the newest event comes first. */
export function journeysOf(events: readonly JourneyEvent[]): Journey[] {
  const journeys = new Map<string, Journey>();
  for (const event of events) {
    const journey = journeys.get(event.journey) ?? { id: event.journey, events: [] };
    journey.events.push(event);
    // Put at the end again: a journey stands where its newest event does.
    journeys.delete(event.journey);
    journeys.set(event.journey, journey);
  }
  return [...journeys.values()].reverse();
}

/** The newest journeys, and the number of the newest event. */
export async function newestJourneys(events: StoredEvents): Promise<{ journeys: Journey[]; last: number }> {
  const last = await events.last();
  const found = await events.list({ since: Math.max(0, last - limits.events) });
  return { journeys: journeysOf(found).slice(0, limits.journeys), last };
}
