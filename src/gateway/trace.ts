import type { Profile } from '../oauth/applications.ts';
import type { TokenRecord } from '../oauth/tokens.ts';

/**
 * Facts about a call, collected by the rules for the event and the audit record, also if it is refused. Never the token or
 * patient data.
 */
export interface Trace {
  token?: TokenRecord;
  /** The application that called with its API key, without a token. */
  keyOf?: { application: string; clientId: string };
  scheme?: 'bearer' | 'dpop';
  /** Profile of the token's application. */
  profile?: Profile;
  /** Nonce for the next DPoP proof, if required. */
  nonce?: string;
  /** SHA-256 of the access token. */
  tokenHash?: string;
  mode?: string;
  role?: string;
  /** ODS code of the organisation of the role. */
  organisation?: string;
  /** Set if a role could not be checked and was passed on as sent. */
  roleUnchecked?: boolean;
  /** Name of the allowed path, without identifiers. */
  operation?: string;
  /** Set once the back end was called. */
  reachedBackEnd?: boolean;
  /** Set once the back end has the audit record of its change. */
  changeRecorded?: boolean;
}
