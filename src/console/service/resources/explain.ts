import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { KeyTextError, keyReport, keyReportOf } from '../../explanations/key-report.ts';
import { maxPasteLength, readPaste } from '../../explanations/paste.ts';
import { explain, explainAnswer, explainKindId } from '../../explanations/registry.ts';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** Each character of a text may be escaped. */
const bodyLimit = 6 * maxPasteLength + 1_024;

const pasted = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(maxPasteLength, `must have at most ${maxPasteLength} characters`);
const order = z.strictObject({
  text: pasted.describe(
    'A client assertion, an ID, logout or access token, an error body, any id, the address or form of a request, a curl command, a key or a HAR',
  ),
  as: explainKindId.optional().describe('What the text is; recognised by default'),
});
const keyOrder = z.strictObject({ text: pasted.describe('PEM, a JWK or a JWK set, public only') });

/** `POST /explain` and `POST /keys/check`. The texts are in no address, log, event or table. */
export const explanation: Resource = {
  calls: (console) => [
    defineCall('POST', '/explain', {
      summary: 'Explains a pasted text with every check that a service would make, without using anything up',
      body: order,
      bodyLimit,
      answers: {
        200: 'The recognised kind of text, alternatives, the first failure and all checks in order',
        400: 'No text, or too long',
      },
      response: explainAnswer,
      roles: ['support'],
      async handle({ body: { text, as } }) {
        return json(200, await explain(text, as, console));
      },
    }),
    defineCall('POST', '/keys/check', {
      summary: 'Describes a public key or a key set before its registration, and stores nothing',
      body: keyOrder,
      bodyLimit,
      answers: {
        200: 'Kind, bits, algorithms, problems and use of each key, and the JWK set to register',
        422: 'A private key, or no key',
      },
      roles: [],
      response: keyReport,
      async handle({ body: { text } }) {
        const paste = readPaste(text);
        try {
          return json(200, keyReportOf(paste.text, paste.json));
        } catch (error) {
          if (!(error instanceof KeyTextError)) throw error;
          const refuse = error.isPrivate ? errors.keyPrivate : errors.keyUnreadable;
          throw refuse('the text is not quoted', { field: 'text', problem: error.message });
        }
      },
    }),
  ],
};
