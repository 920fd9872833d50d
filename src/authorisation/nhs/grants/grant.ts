import { type Answer, noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Steps } from '@alongside/kernel/steps';
import { settled } from '../../../oauth/request-batch.ts';
import type { NewToken } from '../../../oauth/tokens.ts';
import type { Base } from '../../base.ts';
import type { Incoming } from '../../incoming.ts';
import type { Issuer } from '../../issue.ts';
import type { NhsCall, NhsEndpoint } from '../server.ts';

/** A grant: which requests use it, how they are validated, and which tokens they get. */
export interface Grant {
  /** Event in the journey. */
  readonly event: string;
  matches(incoming: Incoming): boolean;
  readonly endpoint: NhsEndpoint;
  /** Runs the checks without issuing tokens. */
  readonly check: NhsEndpoint;
}

const pass = (): Answer => noContent();

/** Creates a grant from its two parts. Nothing is written before all checks have passed. */
export function grant<Valid>(
  event: string,
  matches: (incoming: Incoming) => boolean,
  validate: Steps<NhsCall, Valid>,
  issue: (valid: Valid) => Promise<Answer>,
): Grant {
  const endpoint = validate.step(issue);
  const check = validate.step(pass);
  return {
    event,
    matches,
    endpoint: (call) => settled(call, endpoint),
    check: (call) => settled(call, check),
  };
}

export const grantTypes = {
  authorizationCode: 'authorization_code',
  refreshToken: 'refresh_token',
  clientCredentials: 'client_credentials',
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;

/** The only supported type of subject token (RFC 8693 section 3). */
export const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** Returns the response for a code. Numbers are text, as published. */
export const tokensAnswer = (
  base: Base,
  issuer: Issuer,
  { access, refresh, sid }: { access: NewToken; refresh: NewToken; sid: string | null },
): Record<string, string> => ({
  access_token: access.token,
  expires_in: String(issuer.secondsLeft(access.expiresAt)),
  refresh_token: refresh.token,
  refresh_token_expires_in: String(issuer.secondsLeft(refresh.expiresAt)),
  refresh_count: '0',
  token_type: 'Bearer',
  ...(base.environment === 'internal-dev' ? { sid: sid ?? '' } : {}),
});

/** Returns the published response with a token of an application itself, without a refresh token. */
export const applicationAnswer = (
  issuer: Issuer,
  access: NewToken,
  clock: Clock,
): Record<string, string> => ({
  access_token: access.token,
  expires_in: String(issuer.secondsLeft(access.expiresAt)),
  token_type: 'Bearer',
  issued_at: String(clock.now()),
});
