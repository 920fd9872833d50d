import { parseJsonObject } from '@alongside/kernel/json';
import { z } from 'zod';

const base64url = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w-]+$/);

// An id has at most 1,023 bytes (WebAuthn section 4, "credential ID").
const credentialId = base64url(1_364);
const common = { id: credentialId, type: z.literal('public-key') };

const assertionShape = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8_192),
    authenticatorData: base64url(8_192),
    signature: base64url(8_192),
    userHandle: base64url(86).nullish(),
  }),
});

const attestationShape = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8_192),
    attestationObject: base64url(49_152),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,32}$/))
      .max(10)
      .nullish(),
  }),
});

const clientDataShape = z.object({
  type: z.string(),
  challenge: base64url(512),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

/** The response of an authenticator to a sign-in (WebAuthn section 5.2.2). */
export type Assertion = z.infer<typeof assertionShape>;
/** The response of an authenticator to a registration (WebAuthn section 5.2.1). */
export type Attestation = z.infer<typeof attestationShape>;

function read<T>(shape: z.ZodType<T>, text: string): T | undefined {
  try {
    return shape.safeParse(parseJsonObject(text)).data;
  } catch {
    return undefined;
  }
}

/** Reads the JSON that the page's script posts. Returns undefined for other text. */
export const readAssertion = (text: string): Assertion | undefined => read(assertionShape, text);

/** Reads the JSON that the page's script posts. Returns undefined for other text. */
export const readAttestation = (text: string): Attestation | undefined => read(attestationShape, text);

/** The browser's description of a ceremony (WebAuthn section 5.8.1). */
export interface ClientData {
  challenge: string;
  /** Whether another site framed the page. */
  framed: boolean;
}

/** Reads the client data of a response. Returns undefined if they are malformed. */
export function clientDataOf({ response }: Assertion | Attestation): ClientData | undefined {
  const data = read(clientDataShape, Buffer.from(response.clientDataJSON, 'base64url').toString('utf8'));
  return (
    data && { challenge: data.challenge, framed: data.crossOrigin === true || data.topOrigin !== undefined }
  );
}
