import type { Answer } from '@alongside/kernel/answer';

// What the gateway and the signing service agree on: the gateway checks the access token and calls the service in its process.

/** The name of the API for products, and in scopes. */
export const signingApi = 'signing-service';
export const signingBasePath = '/signing-service';
export const sandboxBasePath = '/sandbox/signing-service';

/** Headers of the gateway, which no client can send: uid of the person of the access token, and its family. */
export const signerHeader = 'nhsd-signing-user';
export const familyHeader = 'nhsd-signing-family';

/** Maximum body of a request in bytes: 250 documents with a SignedInfo of the usual kilobyte need 0.5 MiB. */
export const signingBodyLimit = 2_097_152;

/** A call that the gateway has checked. */
export interface SigningCall {
  method: string;
  /** Below the base path. */
  path: string;
  query: string;
  headers: ReadonlyMap<string, string>;
  body: string;
  messageId: string;
  /** Id of the application of the access token; undefined in the sandbox. */
  application?: string | undefined;
}

export type SigningBackEnd = (call: SigningCall) => Promise<Answer>;
