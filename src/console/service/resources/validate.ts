import { z } from 'zod';
import { paths, type ValidateRequest, validationAnswer } from '../../../authorisation/protocol.ts';
import { defineCall, type Resource } from '../api/call.ts';

const pasted = z.string('must be text').min(1, 'must not be empty').max(32_768);
const order = z
  .strictObject({
    assertion: pasted.optional().describe('A client assertion'),
    url: pasted.optional().describe('The URL of an authorization request'),
    form: pasted.optional().describe('The body of a token request'),
    base: z.string().max(60).optional().describe('Base path, such as `/oauth2`'),
  })
  .refine(
    ({ assertion, url, form }) => [assertion, url, form].filter((one) => one !== undefined).length === 1,
    'must have exactly one of "assertion", "url" and "form"',
  );

/** `POST /validate`. */
export const validate: Resource = {
  calls: ({ platform }) => [
    defineCall('POST', '/validate', {
      summary: 'Checks an assertion, authorization URL or token request without using anything up',
      body: order,
      answers: { 200: 'Each check with the expected and the received value', 400: 'Nothing readable' },
      roles: [],
      response: validationAnswer,
      handle: ({ body }) =>
        platform.relay({ method: 'POST', path: paths.validate, body: body satisfies ValidateRequest }),
    }),
  ],
};
