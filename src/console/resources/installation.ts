import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { LocalAgent } from '../agent.ts';
import { defineCall } from '../api/call.ts';
import { addressesSection, resetSection } from '../page/installation.ts';
import { clockResponse, clockState, resetClock } from './clock.ts';
import type { Resource } from './resource.ts';

const address = z.string();
const installationState = z
  .strictObject({
    version: z.string(),
    urls: z.strictObject({
      console: address,
      api: address,
      cis2Issuer: address,
      identityAgent: address,
      cis: address,
      sample: address,
    }),
    agentSocket: z.string().nullable(),
    clock: clockResponse,
    database: z.string(),
  })
  .meta({ id: 'InstallationState' });

/** `GET /state`: the running installation. */
export const state: Resource = {
  section: addressesSection,
  calls: ({ clock, database, urls, agentSocket, cis2Issuer, version }) => [
    defineCall({
      method: 'GET',
      path: '/state',
      summary: 'Returns version, addresses, clock and database of the installation',
      answers: { 200: 'Version, public addresses, local socket of the Identity Agent, clock and database' },
      roles: ['registration-authority', 'support', 'read'],
      response: installationState,
      async handle() {
        const { console, api, identityAgent, cis, sample } = urls;
        return json(200, {
          version,
          urls: { console, api, cis2Issuer, identityAgent, cis, sample },
          agentSocket,
          clock: clockState(clock),
          database: database.description,
        });
      },
    }),
  ],
};

/** Resets the cards. Returns a warning if the agent refuses. */
async function resetAgent(agent: LocalAgent): Promise<string[]> {
  try {
    await agent.reset();
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [`The cards were not reset: ${error.message}`];
  }
}

/** `POST /reset`: restores the seed data, except the audit log. */
export const reset: Resource = {
  only: 'development',
  section: resetSection,
  calls: ({ agent, faults, audit, reset, ...clockParts }) => [
    defineCall({
      method: 'POST',
      path: '/reset',
      summary: 'Restores the seed data and real time, and switches off all faults',
      answers: { 200: 'Done; "warnings" lists failed parts' },
      response: z.strictObject({ reset: z.literal(true), warnings: z.array(z.string()).optional() }),
      async handle() {
        const entry = { actor: 'developer', action: 'reset', target: 'installation' } as const;
        const warnings = await audit.recordThen(entry, async () => {
          await faults.clear();
          const lagging = (await resetClock({ ...clockParts, agent })).map(({ reason }) => reason);
          const failed = [...lagging, ...(await resetAgent(agent))];
          await reset();
          return failed;
        });
        return json(200, { reset: true, ...(warnings.length > 0 ? { warnings } : {}) });
      },
    }),
  ],
};
