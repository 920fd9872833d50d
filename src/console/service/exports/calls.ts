import { Answer, json, text } from '@alongside/kernel/answer';
import { z } from 'zod';
import { journeyFileOf } from '../../../journeys/file.ts';
import type { Journey } from '../../../journeys/model.ts';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { findJourney, findMessage } from '../find-journey.ts';
import { curlOf } from './curl.ts';
import { type ExportFormat, exportFormats } from './formats.ts';
import { harOf } from './har.ts';
import { markdownOf } from './markdown.ts';
import { mermaidOf } from './mermaid.ts';
import { svgOf } from './svg.ts';

const formats = Object.keys(exportFormats) as [ExportFormat, ...ExportFormat[]];

/** Styles of a picture are its own; nothing is loaded and no script runs. */
const svgPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const writers: Readonly<
  Record<ExportFormat, (journey: Journey, version: string, hops: 'one' | 'every') => Answer>
> = {
  svg: (journey, _, hops) =>
    new Answer(
      200,
      { 'content-type': 'image/svg+xml; charset=utf-8', 'content-security-policy': svgPolicy },
      svgOf(journey, { show: 'all', hops }),
    ),
  mermaid: (journey) => text(200, mermaidOf(journey)),
  har: (journey, version) => json(200, harOf(journey, version)),
  file: (journey, version) => json(200, journeyFileOf(journey, version)),
  markdown: (journey, version) =>
    text(200, markdownOf(journey, version), { 'content-type': 'text/markdown; charset=utf-8' }),
};

const fileName = (id: string, format: ExportFormat): string =>
  `journey-${id.replaceAll(/[^\w-]/g, '').slice(0, 13)}.${exportFormats[format].ending}`;

const query = z.strictObject({
  format: z.enum(formats, `must be one of ${formats.join(', ')}`),
  hops: z.enum(['one', 'every'], 'must be one or every').optional(),
  download: z.enum(['1'], 'must be 1').optional().describe('Names a file to save'),
});

/** `/journeys/{id}/export` and `/messages/{id}/curl`: export a journey for other programs and for bug reports. */
export const journeyExports: Resource = {
  calls: ({ journeys, version }) => [
    defineCall('GET', '/journeys/:id/export', {
      summary: 'Returns a journey as a picture, a Mermaid diagram, an HTTP archive, a file or a bug report',
      query,
      media: ['image/svg+xml', 'text/plain', 'text/markdown'],
      response: z.looseObject({}).describe('HAR 1.2, or a file for `POST /journeys/open`'),
      answers: { 200: 'The journey in this format: HAR and file are JSON', 404: 'Unknown journey' },
      roles: ['support', 'read'],
      async handle({ params: { id }, query: { format, hops = 'one', download } }) {
        const journey = await findJourney(journeys, id);
        const answer = writers[format](journey, version, hops);
        return download
          ? answer.with({ 'content-disposition': `attachment; filename="${fileName(id, format)}"` })
          : answer;
      },
    }),
    defineCall('GET', '/messages/:id/curl', {
      summary: 'Returns the request of a message as a curl command, with shell variables instead of secrets',
      media: ['text/plain'],
      answers: { 200: 'The command', 404: 'Unknown message, or one that was not captured' },
      roles: ['support', 'read'],
      async handle({ params: { id } }) {
        const message = await findMessage(journeys, id);
        const command = curlOf(message);
        if (command === undefined)
          throw errors.messageNotCaptured(message.notCaptured ?? 'it is not an HTTP request');
        return text(200, command);
      },
    }),
  ],
};
