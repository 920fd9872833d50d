import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { mistakes } from '../../explanations/build/mistakes.ts';
import { preview, previewOf, suited } from '../../explanations/build/preview.ts';
import { requestKinds } from '../../explanations/build/request-kinds.ts';
import { run, runAnswer, runOrder } from '../../explanations/build/run.ts';
import { RunCallbacks } from '../../explanations/build/run-callback.ts';
import { errors } from '../../model/errors.ts';
import { halfNames } from '../../model/registration/shape.ts';
import { invalidMember } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

const ids = requestKinds.map(({ id }) => id) as [string, ...string[]];
const mistakeIds = mistakes.map(({ id }) => id) as [string, ...string[]];
const order = z.strictObject({
  kind: z.enum(ids, `must be one of ${ids.join(', ')}`).describe('The request'),
  application: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(200)
    .describe('Id of the application'),
  values: z
    .record(z.string().max(100), z.string('must be text').max(32_768), 'must hold texts by name')
    .optional()
    .describe('Values instead of the usual ones, by the name of the field; `url` for the address'),
  mistakes: z
    .array(z.enum(mistakeIds, `must be of ${mistakeIds.join(', ')}`))
    .max(mistakeIds.length)
    .optional()
    .describe('Typical mistakes to make'),
});
/** `/requests` and `/applications/{id}/run-callback`, in development only. */
export const requests: Resource = {
  only: 'development',
  calls(console) {
    const callbacks = new RunCallbacks(console);
    return [
      defineCall('POST', '/requests/preview', {
        summary:
          'Makes the exact request of a pattern for an application, with the rule and source of each field, and sends nothing',
        body: order,
        answers: { 200: 'Fields, message and programs', 404: 'Unknown application' },
        response: preview,
        async handle({ body: { application: id, ...rest } }) {
          const kind = requestKinds.find((each) => each.id === rest.kind);
          const application = await console.applications.get(id);
          if (!application) throw errors.notFound(`no application ${id.slice(0, 40)}`);
          if (!kind || suited(kind, [application]).length === 0)
            throw invalidMember('application', 'is not registered at the server of this request');
          const made = previewOf(console, {
            kind,
            application,
            ...(rest.values ? { values: rest.values } : {}),
            ...(rest.mistakes ? { mistakes: rest.mistakes } : {}),
          });
          return json(200, made);
        },
      }),
      defineCall('POST', '/requests/run', {
        summary:
          'Sends a request to the API platform or CIS2 of this installation, as an application would, and follows no redirect',
        body: runOrder,
        bodyLimit: 524_288,
        answers: {
          200: 'The response, cut',
          400: 'Another server, or a forbidden header',
          503: 'No response',
        },
        response: runAnswer,
        async handle({ body }) {
          return json(200, await run(body, console));
        },
      }),
      defineCall('PUT', '/applications/:id/run-callback', {
        summary:
          'Registers the callback of the console at an application for one run, for at most ten minutes',
        body: z.strictObject({ half: z.enum(halfNames, 'must be "platform" or "cis2"') }),
        answers: { 204: 'Registered', 400: 'The application cannot have it', 404: 'Unknown application' },
        async handle({ request, params, body }) {
          await callbacks.register(request, params.id, body.half);
          return noContent();
        },
      }),
      defineCall('DELETE', '/applications/:id/run-callback', {
        summary: 'Removes the callback of the console from an application',
        answers: { 204: 'Removed, or not registered', 404: 'Unknown application' },
        async handle({ request, params }) {
          await callbacks.remove(request, params.id);
          return noContent();
        },
      }),
    ];
  },
};
