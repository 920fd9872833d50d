// What the authorisation service and the console agree on. The only file of this folder that others may import.

/** Addresses below the origin of the API platform, for the console with the service secret. */
export const paths = {
  /** `POST` a `MintRequest`; answered like the token endpoint. Development only. */
  tokens: '/authorisation/tokens',
  /** `GET` the private reason of a public error. */
  refusal: (messageId: string) => `/authorisation/refusals/${encodeURIComponent(messageId)}`,
} as const;

/** A token as a sign-in of this person at this application would give it. */
export interface MintRequest {
  /** Uid. */
  person: string;
  /** Id of the application. */
  application: string;
  /** Base path, `/oauth2` say; by default the first of the application's profile. */
  base?: string;
}

/** Why a request was refused. */
export interface RefusalAnswer {
  messageId: string;
  /** ISO time. */
  at: string;
  service: string;
  /** Name of the catalogue entry, `service.name`. */
  error: string;
  /** What was expected and what came. */
  detail: string;
  /** Path of the request. */
  path: string;
}
