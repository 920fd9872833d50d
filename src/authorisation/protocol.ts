// The protocol between the console and the authorisation service. Other folders may import only this file.
import { trialReport } from '@alongside/kernel/trial';
import { z } from 'zod';

/** Paths at the API platform, for the console with the service secret. */
export const paths = {
  /** `POST` a `MintRequest`; responds like the token endpoint. Development only. */
  tokens: '/authorisation/tokens',
  /** `POST` a `ValidateRequest`; responds with a `ValidationAnswer`. */
  validate: '/authorisation/validate',
  /** `GET`, with `?since=` and an ISO time: logout messages to applications, as CIS2 lists its own. */
  deliveries: '/authorisation/deliveries',
  /** `POST`: 200 with the delivery after the attempt. */
  sendDelivery: (id: string) => `/authorisation/deliveries/${encodeURIComponent(id)}/send`,
} as const;

/** Requests the tokens that a sign-in of this person or citizen at this application would issue, or those of the application itself. */
export interface MintRequest {
  /** Uid. */
  person?: string;
  /** NHS number. */
  citizen?: string;
  application: string;
  /** Base path such as `/oauth2`; by default the first with the application's profile. */
  base?: string;
}

/** A pasted text to validate, in exactly one of the first three members. */
export interface ValidateRequest {
  assertion?: string;
  url?: string;
  /** The form body of a token request. */
  form?: string;
  /** Base path such as `/oauth2`; by default from the URL or the client's profile. */
  base?: string;
}

/** How the service would respond to the request now. */
export const validationAnswer = z.strictObject({ base: z.string(), ...trialReport.shape });
export type ValidationAnswer = z.output<typeof validationAnswer>;
