import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { journeyFile } from '../../../journeys/file.ts';
import { journey, journeyFilter, journeySummary, message } from '../../../journeys/model.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { findJourney, findMessage } from '../find-journey.ts';

/** Maximum size of a file that is opened, in bytes. */
const maxFileSize = 4_194_304;

export const journeys: Resource = {
  calls: ({ journeys, openedJourneys }) => [
    defineCall('GET', '/journeys', {
      summary: 'Lists journeys, newest first, 50 at a time',
      query: journeyFilter,
      answers: { 200: 'The journeys, and where the next page begins' },
      roles: ['support', 'read'],
      response: z.strictObject({ journeys: z.array(journeySummary), next: z.string().nullable() }),
      handle: async ({ query: filter }) => json(200, await journeys.list(filter)),
    }),
    defineCall('GET', '/journeys/:id', {
      summary: 'Shows a journey with its messages in order',
      answers: { 200: 'The journey', 404: 'No such journey' },
      roles: ['support', 'read'],
      response: journey,
      handle: async ({ params: { id } }) => json(200, await findJourney(journeys, id)),
    }),
    defineCall('POST', '/journeys/open', {
      summary: 'Opens the journey in a file that another console exported, read-only and for a day',
      body: journeyFile,
      describes: journeyFile.extend({
        journey: z.looseObject({}).describe('A journey, as the API shows it'),
      }),
      bodyLimit: maxFileSize,
      answers: { 201: 'Its id here', 400: 'Not such a file', 429: 'Twenty are open' },
      roles: ['support'],
      response: z.strictObject({ id: z.string() }),
      handle: async ({ body }) => json(201, { id: await openedJourneys.open(body.journey) }),
    }),
    defineCall('GET', '/messages/:id', {
      summary: 'Shows one message, with secrets cut',
      answers: { 200: 'The message', 404: 'No such message' },
      roles: ['support', 'read'],
      response: message,
      handle: async ({ params: { id } }) => json(200, await findMessage(journeys, id)),
    }),
  ],
};
