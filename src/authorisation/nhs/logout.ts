import { steps } from '@alongside/kernel/steps';
import type { Base } from '../base.ts';
import { type Incoming, refuseRepeated } from '../incoming.ts';
import {
  checkLogout,
  decodeLogout,
  endSession,
  requireSource,
  requireStrict,
  verifyLogout,
} from '../logout.ts';
import type { Parts } from '../parts.ts';
import type { NhsEndpoint } from './flow.ts';

/** `POST /backchannel_logout`: a provider reports that a session has ended. */
export function createLogout(base: Base, bases: readonly Base[], parts: Parts): NhsEndpoint {
  const list = steps<Incoming>()
    .step(requireSource(base))
    .step(refuseRepeated)
    .step(decodeLogout(base))
    .step(verifyLogout(parts.upstreamKeys, parts.clock))
    .step(checkLogout)
    .step(requireStrict(base, parts))
    .step(endSession(parts, base, bases));
  return (incoming) => list.run(incoming);
}
