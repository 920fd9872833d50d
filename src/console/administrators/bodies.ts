import { z } from 'zod';

const base64url = (longest: number) =>
  z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(longest, 'is too long')
    .regex(/^[\w-]+$/, 'must be base64url');

// An id has at most 1,023 bytes (WebAuthn section 4, "credential ID").
const common = { id: base64url(1_364), rawId: base64url(1_364), type: z.literal('public-key') };

/** The secret part of an invitation link. */
export const invitationToken = base64url(100);

/** The used members of a RegistrationResponseJSON (WebAuthn section 5.1). */
const registration = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url(8_192), attestationObject: base64url(40_960) }),
});

/** The used members of an AuthenticationResponseJSON. A discoverable passkey always names its user. */
const authentication = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8_192),
    authenticatorData: base64url(8_192),
    signature: base64url(8_192),
    userHandle: base64url(86),
  }),
});

export type Registration = z.infer<typeof registration>;
export type Authentication = z.infer<typeof authentication>;

/** Body of `POST /invite`. */
export const joinBody = z.strictObject({ token: invitationToken, response: registration });
/** Body of `POST /sign-in`. */
export const signInBody = z.strictObject({ response: authentication });
