import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { defineCall } from '../api/call.ts';
import { addressesSection } from '../page/installation.ts';
import type { Resource } from './resource.ts';

/** Returns the clock as the API shows it. */
export const clockState = (clock: AdjustableClock): { now: string; offsetSeconds: number } => ({
  now: new Date(clock.now()).toISOString(),
  offsetSeconds: clock.offset / 1000,
});

/** `GET /state`: the running installation. */
export const state: Resource = {
  section: addressesSection,
  calls: ({ clock, database, urls, agentSocket, cis2Issuer, version }) => [
    defineCall({
      method: 'GET',
      path: '/state',
      summary: 'Returns version, addresses, clock and database of the installation',
      answers: { 200: 'Version, public addresses, local socket of the Identity Agent, clock and database' },
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
