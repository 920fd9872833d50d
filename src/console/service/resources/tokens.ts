import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type MintRequest, paths } from '../../../authorisation/protocol.ts';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';

const name = z.string('must be text').min(1, 'must not be empty').max(200);
const order = z.strictObject({
  person: name.optional().describe('Persona or uid'),
  citizen: name.optional().describe('NHS number of a citizen, with the proofing level P9'),
  application: name.describe('Id of the application'),
  base: name.optional().describe('Base path, such as `/oauth2`'),
});
const shape = z.strictObject({ token: z.string('must be text').min(1, 'must not be empty').max(16_384) });

const inspectedToken = z.strictObject({ scope: z.string(), attributes: z.record(z.string(), z.string()) });
/** The members depend on the base path. */
const tokenResponse = z.looseObject({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.union([z.string(), z.number()]),
});

/** Only the service that sealed these attributes can read them. */
const sealed: readonly string[] = ['id_token', 'external_access_token'];

/** `POST /tokens/inspect`. */
export const tokens: Resource = {
  calls: ({ tokens, urls }) => [
    defineCall('POST', '/tokens/inspect', {
      summary: 'Returns the attributes of an access token of the platform',
      body: shape,
      answers: { 200: 'Scope and attributes, all as text', 404: 'Unknown token' },
      roles: [],
      response: inspectedToken,
      async handle({ body }) {
        const record = await tokens.findAccess(body.token);
        if (record?.kind !== 'access' || !record.issuer.startsWith(`${urls.api}/`))
          throw errors.tokenUnknown('no such access token of the platform');
        const attributes = Object.entries(record.attributes).filter(([name]) => !sealed.includes(name));
        return json(200, { scope: record.scope, attributes: Object.fromEntries(attributes) });
      },
    }),
  ],
};

/** `POST /tokens`. */
export const mintedTokens: Resource = {
  only: 'development',
  calls: ({ cis, platform }) => [
    defineCall('POST', '/tokens', {
      summary:
        'Issues tokens as a sign-in of this person or citizen would, or those of the application itself, to test an API alone; development only',
      body: order,
      answers: {
        200: 'The response of the token endpoint of the base path',
        401: 'The application may not have such tokens',
        404: 'Unknown person or application',
        422: 'The person is disabled, the application belongs to another base path, or its tokens are bound to a key (FAPI 2.0)',
      },
      response: tokenResponse,
      async handle({ body }) {
        const { person, ...rest } = body;
        const mint: MintRequest = person === undefined ? rest : { ...rest, person: await cis.uidOf(person) };
        return platform.relay({ method: 'POST', path: paths.tokens, body: mint });
      },
    }),
  ],
};
