import type { Passed } from '@alongside/kernel/steps';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import type { WithConfirmation } from '../../../oauth/server/sender-constraint.ts';
import type { ClientCall } from '../../../oauth/server/server.ts';
import type { ServerCall, WithRelyingParty } from '../server.ts';

/** The context of a grant: its client is authenticated, and the key or certificate of its tokens is known. */
export type TokenCall = ServerCall &
  Omit<ClientCall, 'server'> &
  WithRelyingParty &
  WithConfirmation &
  Passed<'client-authentication' | 'sender-constraint'>;

/** The scope that asks for a refresh token (OpenID Connect Core section 11). */
export const offlineAccess = 'offline_access';

/** Whether a code of these scopes also gets a refresh token. The published profile has no scope for it. */
export const getsRefreshToken = (registration: Cis2Registration, scope: readonly string[]): boolean =>
  registration.refreshTokens && (registration.profile === 'nhs' || scope.includes(offlineAccess));
