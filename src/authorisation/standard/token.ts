import { check, steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { runGrant } from '../../oauth/server/grant.ts';
import { revokeToken } from '../../oauth/server/issued-tokens.ts';
import { bindTokens, proveKey } from '../../oauth/server/sender-constraint.ts';
import { limitRate, readProducts } from '../application/client.ts';
import { applicationChecks, notAllowed } from './client-checks.ts';
import { grants } from './grants/registry.ts';
import type { ServerCall } from './server.ts';

/** The checks of the client of a token request (RFC 6749 section 3.2). */
export const tokenClientChecks = steps<ServerCall>('oauth2.1.token')
  .step(readForm)
  .step(authenticateClient)
  .use(applicationChecks(notAllowed))
  .step(check('rate-limit', limitRate));

/** `POST /token` of the standard profile: the client first, then its grant. */
export const token = tokenClientChecks.step(proveKey('token')).step(bindTokens).step(runGrant(grants));

/** `POST /revoke` (RFC 7009). */
export const revoke = steps<ServerCall>('oauth2.1.revoke')
  .step(readForm)
  .step(authenticateClient)
  .step(readProducts)
  .step(check('rate-limit', limitRate))
  .step(revokeToken);
