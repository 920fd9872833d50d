import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { check, steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { readForm } from '../../oauth/server/client-authentication/authenticate.ts';
import {
  checkLogout,
  decodeLogout,
  endSession,
  requireSource,
  requireStrict,
  verifyLogout,
} from '../logout.ts';
import type { Incoming } from './incoming.ts';
import { offered } from './profile.ts';
import type { ServerCall } from './server.ts';

async function readLogout({
  parameters,
}: Incoming): Promise<{ form: Parameters; algorithms: readonly SigningAlgorithm[] }> {
  return { form: parameters, algorithms: offered.algorithms };
}

/** `POST /backchannel_logout` of the standard profile (OpenID Connect Back-Channel Logout section 2.6). */
export const backchannelLogout = steps<ServerCall>('oauth2.1.backchannel-logout')
  .step(check('logout-source', requireSource))
  .step(readForm)
  .step(readLogout)
  .step(decodeLogout)
  .step(check('logout-token', verifyLogout))
  .step(check('logout-claims', checkLogout))
  .step(check('single-use', requireStrict))
  .step(endSession);
