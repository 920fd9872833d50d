import { json, page } from '@alongside/kernel/answer';
import { z } from 'zod';
import { defineCall, type Resource } from '../api/call.ts';
import { errors } from '../errors.ts';
import { explanationView } from '../pages/explain/result.ts';
import { type KeyReport, KeyTextError, keyReportOf } from './key-report.ts';
import { longestPaste, readPaste } from './paste.ts';
import { type Explanation, explain, explainKinds } from './registry.ts';

/** Each character of a text may be escaped. */
const bodyLimit = 6 * longestPaste + 1_024;

const kinds = explainKinds.map(({ id }) => id) as [string, ...string[]];
const pasted = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(longestPaste, `must have at most ${longestPaste} characters`);
const order = z.strictObject({
  text: pasted.describe(
    'A client assertion, an ID, logout or access token, an error body, any id, the address or form of a request, a curl command, a key or a HAR',
  ),
  as: z
    .enum(kinds, `must be one of ${kinds.join(', ')}`)
    .optional()
    .describe('What the text is; recognised by default'),
});
const keyOrder = z.strictObject({ text: pasted.describe('PEM, a JWK or a JWK set, public only') });

const namedKind = z.strictObject({ kind: z.enum(kinds), label: z.string() });
const explained: z.ZodType<Explanation> = z.strictObject({
  took: namedKind.nullable(),
  alternatives: z.array(namedKind),
  summary: z.string(),
  banner: z
    .strictObject({
      error: z.string().nullable().describe('Id in docs/errors.md; null for a check of the console alone'),
      headline: z.string(),
      came: z.string().nullable(),
      expected: z.string().nullable(),
      mend: z.string(),
      actor: z.enum(['user', 'developer', 'operator', 'agent']),
      source: z.string(),
    })
    .nullable(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      outcome: z.enum(['passed', 'failed', 'not applicable', 'unknown']),
      came: z.string(),
      expected: z.string(),
      why: z.string(),
    }),
  ),
  links: z.array(z.strictObject({ label: z.string(), href: z.string().describe('A path of the console') })),
  details: z
    .array(z.strictObject({ name: z.string(), value: z.string(), meaning: z.string() }))
    .optional()
    .describe('Headers and claims of a token'),
});
const text = z.string().nullable();
const reported: z.ZodType<KeyReport> = z.strictObject({
  format: z.enum(['PEM', 'JWK', 'JWK set']),
  keys: z.array(
    z.strictObject({
      kid: text,
      kind: z.string().describe('Such as `RSA, 4096 bits`'),
      bits: z.number().nullable(),
      algorithm: text,
      algorithms: z.array(z.enum(['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'])),
      thumbprint: text.describe('RFC 7638'),
      goodFor: z.array(z.string()),
      problems: z.array(z.string()),
    }),
  ),
  problems: z.array(z.string()),
  jwks: z.strictObject({ keys: z.array(z.looseObject({})) }).describe('The public keys, to register'),
});

/** `POST /explain` and `POST /keys/check`. The texts are in no address, log, event or table. */
export const explanation: Resource = {
  calls: (console) => [
    defineCall('POST', '/explain', {
      summary: 'Explains a pasted text with every check that a service would make, without using anything up',
      body: order,
      bodyLimit,
      answers: {
        200: 'What it was taken for, alternatives, the first failure and all checks in order',
        400: 'No text, or too long',
      },
      response: explained,
      roles: ['support'],
      async handle({ request, body: { text, as } }) {
        const found = await explain(text, as, console);
        // The page shows the same markup with and without its script.
        return request.headers.accept === 'text/html' ? page(200, explanationView(found)) : json(200, found);
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
      response: reported,
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
