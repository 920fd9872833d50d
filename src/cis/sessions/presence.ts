import { json, noContent } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { networkAddress } from '@alongside/kernel/networks';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { type CisNetworkLimits, limitNetwork } from '../limits.ts';
import type { PresenceAnswer, PresenceRequest } from '../protocol.ts';
import { invalidField, readBody, sessionId } from '../shapes.ts';
import { checkAgentProof, type ProofDependencies } from './agent-calls.ts';
import type { Agents } from './agents.ts';
import type { Endings } from './endings.ts';
import type { Sessions } from './sessions.ts';

interface PresenceDependencies extends ProofDependencies {
  agents: Agents;
  sessions: Sessions;
  endings: Endings;
  networks: CisNetworkLimits;
  serviceSecrets: ServiceSecrets;
}

type PresenceCall = Call<PresenceDependencies>;
type ProvenCall = PresenceCall & Passed<'rate-limit' | 'agent-proof'> & { agentId: string };

const shape = z.strictObject({ sessionId: sessionId.nullable() });

const readPresence = ({ request }: PresenceCall): { presence: PresenceRequest } => ({
  presence: readBody(request, shape),
});

/** Stores the session as reported. Its owner and its end are known from the session itself. */
async function storePresence({
  request,
  cis,
  agentId,
  agentKey,
  presence,
}: ProvenCall & { agentKey: JsonWebKey; presence: PresenceRequest }) {
  await cis.agents.heard(agentId, agentKey, networkAddress(request.address), presence.sessionId);
  return noContent();
}

/** Ends the earlier sessions of an agent: after a restart it has lost their keys, so it can neither lock nor end them. */
async function endLostSessions({ cis, agentId }: ProvenCall) {
  await cis.endings.announce(await cis.sessions.endAllOfAgent(agentId, 'agentStopped'));
  return noContent();
}

async function answerPresence({ request, cis }: PresenceCall & Passed<'caller'>) {
  const address = new URLSearchParams(request.query).get('address') ?? '';
  if (address === '' || address.length > 64) throw invalidField('address', 'is required');
  const agents = await cis.agents.at(networkAddress(address));
  return json(200, { agents } satisfies PresenceAnswer);
}

const report = steps<PresenceCall>('cis.report-presence')
  .step(limitNetwork('presence'))
  .step(readPresence)
  .step(checkAgentProof)
  .step(storePresence);
const restart = steps<PresenceCall>('cis.agent-restart')
  .step(limitNetwork('presence'))
  .step(checkAgentProof)
  .step(endLostSessions);
const read = steps<PresenceCall>('cis.read-presence').step(admit('cis2')).step(answerPresence);

/** Agents report their presence and restart, and CIS2 reads which agents are present. */
export const presenceRoutes = (cis: PresenceDependencies): Route[] => [
  ...route('/agents/presence', { POST: handler(report, cis), GET: handler(read, cis) }),
  ...route('/agents/sessions', { DELETE: handler(restart, cis) }),
];
