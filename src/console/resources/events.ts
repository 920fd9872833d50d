import { json, StreamAnswer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import type { Database } from '../../storage/database.ts';
import type { StoredEvents } from '../../storage/events.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';
import { eventStream } from '../event-stream.ts';
import { since } from './audit.ts';

interface Parts {
  database: Database;
  events: StoredEvents;
  listenEvents: (listener: () => void) => () => void;
}

const mostStreams = 100;

const query = z.strictObject({ journey: z.string().max(64).optional(), since });

const wantsStream = ({ headers }: HttpRequest): boolean =>
  (headers.accept ?? '')
    .split(',')
    .some((range) => range.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');

/** Where a browser that lost the connection goes on. */
const lastEventId = ({ headers }: HttpRequest): number | undefined => {
  const header = headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
};

/** `GET /events`: the arrows of journeys, as a list or as a stream. */
export function eventCalls(parts: Parts): ApiCall[] {
  let streams = 0;

  function stream(from: { since: number; journey?: string }): StreamAnswer {
    if (streams >= mostStreams) throw errors.tooManyStreams(`${streams} streams are open`);
    return new StreamAnswer(
      200,
      { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
      async function* follow(gone) {
        streams += 1;
        try {
          yield* eventStream(parts, from, gone);
        } finally {
          streams -= 1;
        }
      },
    );
  }

  return [
    defineCall({
      method: 'GET',
      path: '/events',
      summary:
        'Events, oldest first, at most 1,000; with Accept: text/event-stream each as it comes, from Last-Event-ID on',
      query,
      answers: { 200: 'The events', 503: 'Too many streams are open' },
      async handle({ request, query: asked }) {
        const { journey, since: after = 0 } = asked;
        const only = journey === undefined ? {} : { journey };
        if (wantsStream(request)) return stream({ since: lastEventId(request) ?? after, ...only });
        return json(200, { events: await parts.events.list({ since: after, ...only }) });
      },
    }),
  ];
}
