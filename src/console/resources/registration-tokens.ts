import { z } from 'zod';
import { consolePaths, type RegistrationTokenRequest } from '../../cis2/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

const order = z.strictObject({
  kind: z
    .enum(['team', 'initial'], 'must be "team" or "initial"')
    .describe('For the registration interface, or an initial access token (RFC 7591)'),
  team: z.string('must be text').min(1, 'must not be empty').max(100).describe('Id of the developer'),
  profile: z.enum(['standard', 'fapi2'], 'must be "standard" or "fapi2"').optional(),
});

/** `POST /registration-tokens`: what a supplier registers its own clients at CIS2 with. */
export const registrationTokenCalls = ({ cis2 }: { cis2: Neighbour }): ApiCall[] => [
  defineCall({
    method: 'POST',
    path: '/registration-tokens',
    summary: 'A token with which a supplier registers its own clients at CIS2; shown this once',
    body: order,
    answers: { 201: 'The token', 404: 'That way to register is switched off' },
    handle: async ({ body }) =>
      relayed(
        await cis2.call({
          method: 'POST',
          path: consolePaths.registrationTokens,
          body: body satisfies RegistrationTokenRequest,
        }),
      ),
  }),
];
