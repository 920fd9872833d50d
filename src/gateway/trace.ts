import type { TokenRecord } from '../oauth/tokens.ts';

/** What the rules found out about a call so far: for the event and the audit line, also when it was refused. Never the token or a patient's data. */
export interface Trace {
  token?: TokenRecord;
  /** SHA-256 of the access token. */
  tokenHash?: string;
  mode?: string;
  role?: string;
  /** Set where a role could not be checked and passed as the client sent it. */
  roleUnchecked?: boolean;
  /** Name of the allowed path, without identifiers. */
  operation?: string;
  /** Set once the back end was asked. */
  reachedBackEnd?: boolean;
}
