import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { journey, journeyFilter, journeySummary, message } from '../../../journeys/model.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { findJourney, findMessage } from '../find-journey.ts';

export const journeys: Resource = {
  calls: ({ journeys }) => [
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
    defineCall('GET', '/messages/:id', {
      summary: 'Shows one message, with secrets cut',
      answers: { 200: 'The message', 404: 'No such message' },
      roles: ['support', 'read'],
      response: message,
      handle: async ({ params: { id } }) => json(200, await findMessage(journeys, id)),
    }),
  ],
};
