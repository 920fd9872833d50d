import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { readForm } from '../../oauth/server/form.ts';
import type { Base } from '../base.ts';
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
import type { ServerCall, StandardServer } from './server.ts';

async function readLogout({ parameters }: Incoming): Promise<{ form: Parameters }> {
  return { form: parameters };
}

/** `POST /backchannel_logout` of the standard profile (OpenID Connect Back-Channel Logout section 2.6). */
export const logoutSteps = ({ base, parts }: StandardServer, bases: readonly Base[]) =>
  steps<ServerCall>('oauth2.1.backchannel-logout')
    .step(requireSource(base))
    .step(readForm)
    .step(readLogout)
    .step(decodeLogout(base))
    .step(verifyLogout(parts.upstreamKeys, parts.clock, offered.algorithms))
    .step(checkLogout)
    .step(requireStrict(base, parts))
    .step(endSession(parts, base, bases));
