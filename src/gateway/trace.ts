import type { Profile } from '../oauth/applications.ts';
import type { TokenRecord } from '../oauth/tokens.ts';
import type { Presented } from './bearer.ts';

/** What the rules found out about a call so far: for the event and the audit line, also when it was refused. Never the token or a patient's data. */
export interface Trace {
  token?: TokenRecord;
  /** The application that called by its API key, without a token. */
  keyOf?: { application: string; clientId: string };
  scheme?: Presented['scheme'];
  /** Profile of the token's application. */
  profile?: Profile;
  /** Nonce for the next DPoP proof, where they are asked for. */
  nonce?: string;
  /** SHA-256 of the access token. */
  tokenHash?: string;
  mode?: string;
  role?: string;
  /** ODS code of the organisation of the role. */
  organisation?: string;
  /** Set where a role could not be checked and passed as the client sent it. */
  roleUnchecked?: boolean;
  /** Name of the allowed path, without identifiers. */
  operation?: string;
  /** Set once the back end was asked. */
  reachedBackEnd?: boolean;
  /** Set once the back end was given the audit record of its change. */
  changeRecorded?: boolean;
}
