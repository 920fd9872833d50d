import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
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
import type { Parts } from '../parts.ts';
import type { Incoming } from './incoming.ts';
import { offered } from './profile.ts';
import type { ServerCall, StandardServer } from './server.ts';

async function readLogout({ parameters }: Incoming): Promise<{ form: Parameters }> {
  return { form: parameters };
}

/** `POST /backchannel_logout` of the standard profile (OpenID Connect Back-Channel Logout section 2.6). */
export function createLogout(
  server: StandardServer,
  base: Base,
  bases: readonly Base[],
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const list = steps<ServerCall>()
    .step(requireSource(base))
    .step(readForm)
    .step(readLogout)
    .step(decodeLogout(base))
    .step(verifyLogout(parts.upstreamKeys, parts.clock, offered.algorithms))
    .step(checkLogout)
    .step(requireStrict(base, parts))
    .step(endSession(parts, base, bases));
  return (request) => list.run({ server, request });
}
