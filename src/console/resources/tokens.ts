import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type MintRequest, paths } from '../../authorisation/protocol.ts';
import type { Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { errors } from '../errors.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

const name = z.string('must be text').min(1, 'must not be empty').max(200);
const order = z.strictObject({
  person: name.describe('Persona or uid'),
  application: name.describe('Id of the application'),
  base: name.optional().describe('Base path, `/oauth2` say'),
});
const shape = z.strictObject({ token: z.string('must be text').min(1, 'must not be empty').max(16_384) });

/** What is sealed in the record stays with the service that sealed it. */
const hidden: readonly string[] = ['id_token', 'external_access_token'];

interface Parts {
  tokens: Tokens;
  urls: Urls;
  cis: CisDirectory;
  platform: Neighbour;
}

/** `POST /tokens`: one as a sign-in would give it, in development. */
export const mintCalls = ({ cis, platform }: Pick<Parts, 'cis' | 'platform'>): ApiCall[] => [
  defineCall({
    method: 'POST',
    path: '/tokens',
    summary:
      'Tokens as a sign-in of this person would give them, for tests of an API alone; development only',
    body: order,
    answers: {
      200: 'As the token endpoint of the base path answers',
      401: 'The application may not have such tokens',
      404: 'No such person or application',
      422: 'The person is disabled, the application is not one of this base path, or its tokens are bound to a key (FAPI 2.0)',
    },
    async handle({ body }) {
      const mint: MintRequest = { ...body, person: await cis.uidOf(body.person) };
      return relayed(await platform.call({ method: 'POST', path: paths.tokens, body: mint }));
    },
  }),
];

/** `/tokens`: what the platform knows of one. */
export const tokenCalls = ({ tokens, urls }: Pick<Parts, 'tokens' | 'urls'>): ApiCall[] => [
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
