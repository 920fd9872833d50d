import { json, noContent } from '@alongside/kernel/answer';
import { type Clock, isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { networkAddress } from '@alongside/kernel/networks';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { removeOld } from '../../storage/batches.ts';
import { type Database, seldom, sql } from '../../storage/database.ts';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { type CisNetworkLimits, limitNetwork } from '../limits.ts';
import { type PresenceAnswer, type PresenceRequest, presence } from '../protocol.ts';
import { invalidField, readBody, sessionId } from '../shapes.ts';
import { checkAgentProof, type ProofDependencies } from './agent-calls.ts';
import type { Endings } from './endings.ts';
import { sessionLimits } from './session.ts';
import type { Sessions } from './sessions.ts';

const counts = presence.counts * 1_000;
/** Milliseconds for which a silent agent is stored. Anyone can make a key and be an agent. */
const kept = 3_600_000;
const maxAnswered = 1_000;

/** An agent, with one of its sessions that have not ended. */
interface AgentRow {
  id: string;
  seen_at: number;
  /** The session that the agent reported. */
  named: string | null;
  session_id: string | null;
  heartbeat_at: number | null;
  ends_at: number | null;
}

/** Whether the session of the row is live, and the agent has it. */
const isLive = ({ seen_at, named, session_id, heartbeat_at, ends_at }: AgentRow, now: number): boolean =>
  Number(heartbeat_at) > now - sessionLimits.idle &&
  Number(ends_at) > now &&
  (session_id === named || Number(heartbeat_at) >= seen_at);

/** The agents that announced themselves, with their network addresses. */
export class Agents {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Stores the presence of an agent and its session. */
  async heard(id: string, publicKey: JsonWebKey, address: string, sessionId: string | null): Promise<void> {
    await this.#database.run(
      sql(
        `INSERT INTO agent (id, public_jwk, address, seen_at, session_id) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET address = excluded.address, seen_at = excluded.seen_at,
           session_id = excluded.session_id`,
        id,
        JSON.stringify(publicKey),
        address,
        this.#clock.now(),
        sessionId,
      ),
    );
  }

  /**
   * Returns the present agents at an address, the latest first, each with its live session. A session that the agent no longer
   * names, without a later heartbeat, was lost in a restart of the agent together with its key. The statement does not contain the time, so
   * that its rows are cached until the next report or heartbeat.
   */
  async at(address: string): Promise<PresenceAnswer['agents']> {
    const now = this.#clock.now();
    const rows = await this.#database.all<AgentRow>(
      seldom(
        sql(
          `SELECT agent.id, seen_at, agent.session_id AS named, cis_session.id AS session_id, heartbeat_at, ends_at
           FROM agent LEFT JOIN cis_session ON cis_session.agent_id = agent.id AND ended_at IS NULL
           WHERE address = ? ORDER BY seen_at DESC, agent.id, cis_session.id DESC LIMIT ${maxAnswered}`,
          address,
        ),
        'agent',
        'cis_session',
      ),
    );
    const agents = new Map<string, PresenceAnswer['agents'][number]>();
    for (const row of rows) {
      if (row.seen_at <= now - counts) break;
      const agent = agents.get(row.id) ?? { agentId: row.id, seenAt: isoTime(row.seen_at), sessionId: null };
      if (agent.sessionId === null && isLive(row, now)) agent.sessionId = row.session_id;
      agents.set(row.id, agent);
    }
    return [...agents.values()];
  }

  /** Keeps present agents present when the clock is moved by this number of milliseconds, called before or after the move. */
  async clockMoved(by: number): Promise<void> {
    const now = this.#clock.now();
    await this.#database.run(
      by > 0
        ? sql('UPDATE agent SET seen_at = seen_at + ? WHERE seen_at > ?', by, now - by - counts)
        : sql('UPDATE agent SET seen_at = ? WHERE seen_at > ?', now, now),
    );
  }

  /** Removes silent agents. Returns whether more remain. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'agent', key: 'id', column: 'seen_at', before };
    return removeOld(this.#database, old);
  }
}

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
