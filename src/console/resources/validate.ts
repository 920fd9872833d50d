import { z } from 'zod';
import { paths, type ValidateRequest } from '../../authorisation/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

const pasted = z.string('must be text').min(1, 'must not be empty').max(32_768);
const order = z
  .strictObject({
    assertion: pasted.optional().describe('A client assertion'),
    url: pasted.optional().describe('The address of an authorization request'),
    form: pasted.optional().describe('The body of a token request'),
    base: z.string().max(60).optional().describe('Base path, `/oauth2` say'),
  })
  .refine(
    ({ assertion, url, form }) => [assertion, url, form].filter((one) => one !== undefined).length === 1,
    'must have exactly one of "assertion", "url" and "form"',
  );

/** `POST /validate`: what is wrong with an assertion or a request, without using anything up. */
export const validateCalls = ({ platform }: { platform: Neighbour }): ApiCall[] => [
  defineCall({
    method: 'POST',
    path: '/validate',
    summary:
      'What the platform would say to a pasted assertion, address or token request; nothing is used up',
    body: order,
    answers: { 200: 'Each check with what was expected and what came', 400: 'Nothing that can be read' },
    handle: async ({ body }) =>
      relayed(
        await platform.call({ method: 'POST', path: paths.validate, body: body satisfies ValidateRequest }),
      ),
  }),
];
