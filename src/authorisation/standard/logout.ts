import type { Answer } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Parameters as FormParameters } from '../../oauth/parameters.ts';
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

async function readLogout({ parameters }: Incoming): Promise<{ form: FormParameters }> {
  return { form: parameters };
}

type CheckedLogout = Passed<'logout-source' | 'logout-token' | 'logout-claims' | 'single-use'>;

/** Ends the session behind all checks of the logout token. */
const endCheckedSession = (
  { base, parts }: StandardServer,
  bases: readonly Base[],
): ((known: Parameters<ReturnType<typeof endSession>>[0] & CheckedLogout) => Promise<Answer>) =>
  endSession(parts, base, bases);

/** `POST /backchannel_logout` of the standard profile (OpenID Connect Back-Channel Logout section 2.6). */
export const logoutSteps = (server: StandardServer, bases: readonly Base[]) => {
  const { base, parts } = server;
  return steps<ServerCall>('oauth2.1.backchannel-logout')
    .step(check('logout-source', requireSource(base)))
    .step(readForm)
    .step(readLogout)
    .step(decodeLogout(base))
    .step(check('logout-token', verifyLogout(parts.upstreamKeys, parts.clock, offered.algorithms)))
    .step(check('logout-claims', checkLogout))
    .step(check('single-use', requireStrict(base, parts)))
    .step(endCheckedSession(server, bases));
};
