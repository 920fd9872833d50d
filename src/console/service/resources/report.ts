import { json } from '@alongside/kernel/answer';
import { titledParts } from '@alongside/kernel/operator';
import { z } from 'zod';
import { lastJourneyLines, refusalLines } from '../../../journeys/failure-report.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { defineCall, type Resource } from '../api/call.ts';

const maxRefusals = 5;
/** The number of newest events among which the journey is. */
const maxEvents = 1_000;

/** The newest event and refusal: where a report ends, and the next begins. */
interface Mark {
  event: number;
  refusal: number;
}

const markText = /^\d{1,15}-\d{1,15}$/;

const readMark = (text: string): Mark => {
  const [event = 0, refusal = 0] = text.split('-').map(Number);
  return { event, refusal };
};

async function reportSince(
  { events, refusals, clock }: ConsoleContext,
  from: Mark,
): Promise<{ mark: string; text: string }> {
  const found = await refusals.newest(({ service }) => service !== 'console', maxRefusals, from.refusal);
  const refused = found
    .reverse()
    .map((one) => ({ ...one, ageSeconds: Math.round((clock.now() - Date.parse(one.at)) / 1_000) }));
  const last = await events.last();
  const happened = (await events.list({ since: Math.max(from.event, last - maxEvents) })).filter(
    // What a test asks of the console is not what the application did.
    ({ from: party }) => party !== 'console',
  );
  const text = titledParts([
    ['Refused requests, the last one at the end:', refused.flatMap(refusalLines)],
    ['The last journey:', lastJourneyLines(happened)],
  ]);
  return { mark: `${last}-${await refusals.last()}`, text };
}

/** `/report`: what has happened, for the output of a failed test in any language. */
export const report: Resource = {
  only: 'development',
  calls: (console) => [
    defineCall('GET', '/report', {
      summary:
        'Describes what has happened, for the output of a failed test: refused requests with their fix, and the last journey',
      query: z.strictObject({
        since: z
          .string()
          .regex(markText, 'must be the mark of an earlier report')
          .optional()
          .describe('The mark of an earlier report, which the report begins after; everything by default'),
      }),
      answers: { 200: 'The text, empty if nothing has happened, and the mark of its end' },
      response: z.strictObject({
        mark: z.string().describe('Where the next report begins, as its "since"'),
        text: z.string(),
      }),
      handle: async ({ query: { since = '0-0' } }) => json(200, await reportSince(console, readMark(since))),
    }),
  ],
};
