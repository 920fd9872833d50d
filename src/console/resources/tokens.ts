import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';

const shape = z.strictObject({ token: z.string('must be text').min(1, 'must not be empty').max(16_384) });

/** What is sealed in the record stays with the service that sealed it. */
const hidden: readonly string[] = ['id_token', 'external_access_token'];

/** `POST /tokens/inspect`: what the platform knows of an access token. */
export const tokenCalls = ({ tokens, urls }: { tokens: Tokens; urls: Urls }): ApiCall[] => [
  defineCall({
    method: 'POST',
    path: '/tokens/inspect',
    summary: 'What the platform knows of an access token',
    body: shape,
    answers: { 200: 'Scope and attributes, all texts', 404: 'The platform does not know it' },
    async handle({ body }) {
      const record = await tokens.find(body.token);
      const ours = record?.kind === 'access' && record.issuer.startsWith(`${urls.api}/`);
      if (!record || !ours) throw errors.tokenUnknown('no such access token of the platform');
      const attributes = Object.entries(record.attributes).filter(([name]) => !hidden.includes(name));
      return json(200, { scope: record.scope, attributes: Object.fromEntries(attributes) });
    },
  }),
];
