import { json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { networkAddress } from '@alongside/kernel/networks';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Admit } from '../callers.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { CisNetworkLimits } from '../limits.ts';
import type { PresenceAnswer, PresenceRequest } from '../protocol.ts';
import { sessionId } from '../shapes.ts';
import type { AgentCalls } from './agent-calls.ts';
import type { Agents } from './agents.ts';
import type { Endings } from './endings.ts';
import type { Sessions } from './sessions.ts';

export interface PresenceDeps {
  agents: Agents;
  sessions: Sessions;
  endings: Endings;
  calls: AgentCalls;
  admit: Admit;
  networks: CisNetworkLimits;
}

interface Start {
  request: HttpRequest;
}

const shape = z.strictObject({ sessionId: sessionId.nullable() });

/** `POST /agents/presence` and `DELETE /agents/sessions` by agents, `GET /agents/presence?address=` by CIS2. */
export function presenceRoutes({ agents, sessions, endings, calls, admit, networks }: PresenceDeps): Route[] {
  /** An agent is whoever has made a key, and each stays on record for a while. */
  async function limitRate({ request }: Start): Promise<void> {
    if (!(await networks.presence.admits(request.address))) throw errors.tooManyRequests('presence');
  }
  /** Whose session it is, and whether it lives, is known better here: the agent only says which one it still has. */
  const readPresence = ({ request }: Start): { said: PresenceRequest } => ({
    said: readBody(request, shape),
  });

  async function keepPresence({
    request,
    agentId,
    agentKey,
    said,
  }: Start & { agentId: string; agentKey: JsonWebKey; said: PresenceRequest }) {
    await agents.heard(agentId, agentKey, networkAddress(request.address), said.sessionId);
    return noContent();
  }

  /** An agent that starts has no key of an earlier session: nobody could lock or end those, or see their card leave. */
  async function endLost({ agentId }: { agentId: string }) {
    await endings.announce(await sessions.endAllOfAgent(agentId, 'agentStopped'));
    return noContent();
  }

  function readAddress({ request }: Start): { address: string } {
    const address = new URLSearchParams(request.query).get('address') ?? '';
    if (address === '' || address.length > 64)
      throw errors.bodyInvalid('address', { field: 'address', problem: 'is needed' });
    return { address: networkAddress(address) };
  }

  const answerPresence = async ({ address }: { address: string }) =>
    json(200, { agents: await agents.at(address) } satisfies PresenceAnswer);

  const saying = steps<Start>()
    .step(limitRate)
    .step(readPresence)
    .step(calls.checkAgentProof)
    .step(keepPresence);
  const starting = steps<Start>().step(limitRate).step(calls.checkAgentProof).step(endLost);
  const asking = steps<Start>().step(admit('cis2')).step(readAddress).step(answerPresence);
  return [
    { methods: ['POST'], path: '/agents/presence', endpoint: (request) => saying.run({ request }) },
    { methods: ['DELETE'], path: '/agents/sessions', endpoint: (request) => starting.run({ request }) },
    { methods: ['GET'], path: '/agents/presence', endpoint: (request) => asking.run({ request }) },
  ];
}
