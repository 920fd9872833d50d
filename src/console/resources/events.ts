import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { defineCall } from '../api/call.ts';
import { since } from '../api/request.ts';
import { EventStreams, lastEventId, wantsStream } from '../event-stream.ts';
import { journeysSection } from '../page/journeys.ts';
import type { Resource } from './resource.ts';

const query = z.strictObject({ journey: z.string().max(64).optional(), since });

/** `GET /events`: the events of journeys, as a list or as a stream. */
export const events: Resource = {
  section: journeysSection,
  calls(console) {
    const streams = new EventStreams(console);
    return [
      defineCall({
        method: 'GET',
        path: '/events',
        summary:
          'Lists events, oldest first, at most 1,000; with Accept: text/event-stream sends new ones too, after Last-Event-ID',
        query,
        answers: { 200: 'The events', 503: 'Too many streams are open' },
        async handle({ request, query: { journey, since = 0 } }) {
          const only = journey === undefined ? {} : { journey };
          if (wantsStream(request)) return streams.open({ since: lastEventId(request) ?? since, ...only });
          return json(200, { events: await console.events.list({ since, ...only }) });
        },
      }),
    ];
  },
};
