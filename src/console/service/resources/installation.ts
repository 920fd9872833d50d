import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { LocalAgent } from '../../model/agent.ts';
import { storedParts } from '../../model/dependencies.ts';
import { healthReport, healthReportShape } from '../../model/health.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { clockResponse, clockState, resetClock } from './clock.ts';

const address = z.string();
const installationState = z
  .strictObject({
    version: z.string(),
    urls: z.strictObject({
      console: address,
      api: address,
      apis: address.describe('Origin of the APIs that were added'),
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
  calls: ({ clock, database, urls, agentSocket, cis2Issuer, version }) => [
    defineCall('GET', '/state', {
      summary: 'Returns version, addresses, clock and database of the installation',
      answers: { 200: 'Version, public addresses, local socket of the Identity Agent, clock and database' },
      roles: ['registration-authority', 'support', 'read'],
      response: installationState,
      async handle() {
        const { console, api, apis, identityAgent, cis, sample } = urls;
        return json(200, {
          version,
          urls: { console, api, apis, cis2Issuer, identityAgent, cis, sample },
          agentSocket,
          clock: clockState(clock),
          database: database.description,
        });
      },
    }),
  ],
};

/** `GET /health`: the figures of the metrics of this process, and the problems that they show. */
export const health: Resource = {
  calls: (console) => [
    defineCall('GET', '/health', {
      summary:
        'Returns parts, checks, latency, queues, expiry and limits of this process: the figures of its metrics, and the alerts whose conditions hold',
      answers: { 200: 'The figures; without metrics, those of requests are missing' },
      response: healthReportShape,
      roles: ['support', 'read'],
      handle: async () => json(200, await healthReport(console)),
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

export const resetParts = ['clock', 'faults', ...storedParts] as const;

const choice = z.strictObject({
  parts: z
    .array(z.enum(resetParts, `must be of ${resetParts.join(', ')}`), 'must be a list')
    .min(1, 'must name a part')
    .default([...resetParts])
    .describe('All by default'),
});

/** `POST /reset`: restores the seed data, or parts of it, except the audit log. */
export const reset: Resource = {
  only: 'development',
  calls: ({ agent, faults, audit, reset, ...clockParts }) => [
    defineCall('POST', '/reset', {
      summary: 'Restores the seed data and real time, and switches off all faults; or only these parts',
      body: choice,
      answers: { 200: 'Done; "warnings" lists failed parts' },
      response: z.strictObject({ reset: z.literal(true), warnings: z.array(z.string()).optional() }),
      async handle({ body: { parts } }) {
        const target = parts.length === resetParts.length ? 'installation' : parts.join(' ');
        const entry = { actor: 'developer', action: 'reset', target } as const;
        const warnings = await audit.recordThen(entry, async () => {
          if (parts.includes('faults')) await faults.clear();
          const lagging = parts.includes('clock') ? await resetClock({ ...clockParts, agent }) : [];
          const failed = parts.includes('people') ? await resetAgent(agent) : [];
          await reset(storedParts.filter((part) => parts.includes(part)));
          return [...lagging.map(({ reason }) => reason), ...failed];
        });
        return json(200, { reset: true, ...(warnings.length > 0 ? { warnings } : {}) });
      },
    }),
  ],
};
