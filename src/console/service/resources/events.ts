import { json, type StreamAnswer } from '@alongside/kernel/answer';
import { type JourneyEvent, outcomes, parties } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import { everyRole } from '../../model/administrators/roles.ts';
import type { Change, Changes } from '../../model/changes.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { since } from '../../model/request.ts';
import { defineCall, eventStreamType, type Resource } from '../api/call.ts';
import { Bell, heartbeat, StreamLimit, wantsStream } from '../api/streams.ts';

type EventSource = Pick<ConsoleContext, 'database' | 'events' | 'listenEvents'>;

/** The events of a stream: those after a number, of one journey or of all. */
interface EventRange {
  since: number;
  journey?: string;
}

/** Returns the number after which a reconnecting browser continues. */
const lastEventId = ({ headers }: HttpRequest): number | undefined => {
  const header = headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
};

const written = (event: JourneyEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/**
 * Yields stored events, then new ones, as server-sent events (HTML Living Standard section 9.2). Reads them from storage in
 * order, so that none is missed or repeated, whichever process stores it.
 */
export async function* eventStream(
  { database, events, listenEvents }: EventSource,
  { since, ...filter }: EventRange,
  gone: AbortSignal,
  beat = heartbeat,
): AsyncGenerator<string> {
  const bell = new Bell();
  const ring = () => bell.ring();
  const unlisten = listenEvents(ring);
  const unwatch = database.onForeignChange(ring);
  gone.addEventListener('abort', ring);
  try {
    yield 'retry: 1000\n: events\n\n';
    let last = since;
    while (!gone.aborted) {
      const found = await events.list({ since: last, ...filter });
      for (const event of found) {
        last = event.seq;
        yield written(event);
      }
      if (found.length > 0) continue;
      if (!(await bell.wait(beat))) yield ': still here\n\n';
    }
  } finally {
    unlisten();
    unwatch();
    gone.removeEventListener('abort', ring);
  }
}

const query = z.strictObject({ journey: z.string().max(64).optional(), since });

const event: z.ZodType<JourneyEvent> = z
  .strictObject({
    seq: z.number(),
    journey: z.string(),
    at: z.string(),
    from: z.enum(parties),
    to: z.enum(parties),
    name: z.string(),
    outcome: z.enum(outcomes),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    message: z.string().optional().describe('X-Message-Id of the request in which it was recorded'),
  })
  .meta({ id: 'Event' });

/** `GET /events`: the events of journeys, as a list or as a stream. */
export const events: Resource = {
  calls(console) {
    const streams = new StreamLimit();
    return [
      defineCall('GET', '/events', {
        summary:
          'Lists events, oldest first, at most 1,000; with Accept: text/event-stream sends new ones too, after Last-Event-ID',
        query,
        media: [eventStreamType],
        answers: { 200: 'The events', 503: 'Too many streams are open' },
        roles: ['support'],
        response: z.strictObject({ events: z.array(event) }),
        async handle({ request, query: { journey, since = 0 } }) {
          const only = journey === undefined ? {} : { journey };
          if (wantsStream(request)) {
            const range = { since: lastEventId(request) ?? since, ...only };
            return streams.open((gone) => eventStream(console, range, gone));
          }
          return json(200, { events: await console.events.list({ since, ...only }) });
        },
      }),
    ];
  },
};

const gather = 100;

/** Yields the names of what has changed as server-sent events (HTML Living Standard section 9.2), gathered and without repetition. */
export async function* changeStream(changes: Changes, gone: AbortSignal): AsyncGenerator<string> {
  const bell = new Bell();
  const changed = new Set<Change>();
  const unlisten = changes.listen((some) => {
    for (const change of some) changed.add(change);
    bell.ring();
  });
  const ring = () => bell.ring();
  gone.addEventListener('abort', ring);
  try {
    yield `retry: 2000\nevent: count\ndata: ${changes.count}\n\n`;
    while (!gone.aborted) {
      // An event, because a page does not see comments.
      if (!(await bell.wait(heartbeat))) yield 'event: heartbeat\ndata:\n\n';
      if (changed.size === 0 || gone.aborted) continue;
      await new Promise<void>((resolve) => setTimeout(resolve, gather));
      yield `data: ${JSON.stringify([...changed])}\n\n`;
      changed.clear();
    }
  } finally {
    unlisten();
    gone.removeEventListener('abort', ring);
  }
}

/** `GET /changes`: notifies open pages of the parts to fetch again. */
export const changes: Resource = {
  calls({ changes }) {
    const streams = new StreamLimit();
    return [
      defineCall('GET', '/changes', {
        summary:
          'Sends the names of what has changed, as server-sent events: journey, desk, session, fault, clock, mail, application, person, approval, card, key, audit, data',
        media: [eventStreamType],
        answers: { 200: 'A stream', 503: 'Too many streams are open' },
        roles: everyRole,
        handle: async () => streams.open((gone) => changeStream(changes, gone)) satisfies StreamAnswer,
      }),
    ];
  },
};
