import { z } from 'zod';
import {
  consolePaths,
  type RegistrationTokenRequest,
  registrationTokenAnswer,
} from '../../../cis2/protocol.ts';
import { defineCall, type Resource } from '../api/call.ts';

const order = z.strictObject({
  kind: z
    .enum(['team', 'initial'], 'must be "team" or "initial"')
    .describe('For the registration interface, or an initial access token (RFC 7591)'),
  team: z.string('must be text').min(1, 'must not be empty').max(100).describe('Id of the developer'),
  profile: z.enum(['standard', 'fapi2'], 'must be "standard" or "fapi2"').optional(),
});

/** `POST /registration-tokens`. */
export const registrationTokens: Resource = {
  calls: ({ cis2 }) => [
    defineCall('POST', '/registration-tokens', {
      summary: 'Creates a token with which a supplier registers clients at CIS2, shown only once',
      body: order,
      answers: { 201: 'The token', 404: 'This kind of registration is switched off' },
      roles: [],
      response: registrationTokenAnswer,
      handle: ({ body }) =>
        cis2.relay({
          method: 'POST',
          path: consolePaths.registrationTokens,
          body: body satisfies RegistrationTokenRequest,
        }),
    }),
  ],
};
