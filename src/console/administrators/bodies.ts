import { z } from 'zod';

const base64url = (most: number) =>
  z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(most, 'is too long')
    .regex(/^[\w-]+$/, 'must be base64url');

// An id has 1,023 bytes at most (WebAuthn section 4, "credential ID").
const common = { id: base64url(1_364), rawId: base64url(1_364), type: z.literal('public-key') };

/** The secret part of an invitation as a path or a body carries it. */
export const invitationToken = base64url(100);

/** What `PublicKeyCredential.toJSON` gives after a registration (WebAuthn section 5.1, RegistrationResponseJSON), as far as we use it. */
const registration = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url(8_192), attestationObject: base64url(40_960) }),
});

/** The same after a sign-in (AuthenticationResponseJSON). An owner is always named: the passkey is a discoverable one. */
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
export const invitationAnswer = z.strictObject({ token: invitationToken, response: registration });
/** Body of `POST /sign-in`. */
export const signInAnswer = z.strictObject({ response: authentication });
