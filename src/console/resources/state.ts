import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import type { Urls } from '../../service.ts';
import type { Database } from '../../storage/database.ts';
import { type ApiCall, defineCall } from '../api/call.ts';

interface Parts {
  clock: AdjustableClock;
  database: Database;
  urls: Urls;
  agentSocket: string | null;
  cis2Issuer: string;
  version: string;
}

/** The clock as the API shows it. */
export const clockState = (clock: AdjustableClock): { now: string; offsetSeconds: number } => ({
  now: new Date(clock.now()).toISOString(),
  offsetSeconds: clock.offset / 1000,
});

/** `GET /state`: what runs, and where. */
export const stateCalls = ({ clock, database, urls, agentSocket, cis2Issuer, version }: Parts): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/state',
    summary: 'What runs, and where',
    answers: { 200: 'Version, public addresses, local socket of the Identity Agent, clock and database' },
    async handle() {
      const { console, api, identityAgent, cis, sample } = urls;
      const state = {
        version,
        urls: { console, api, cis2Issuer, identityAgent, cis, sample },
        agentSocket,
        clock: clockState(clock),
        database: database.description,
      };
      return json(200, state);
    },
  }),
];
