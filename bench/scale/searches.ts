import { systemClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { CapturedMessages } from '../../src/journeys/captured.ts';
import { Names } from '../../src/journeys/names.ts';
import { StoredJourneys } from '../../src/journeys/reader.ts';
import type { Database } from '../../src/storage/database.ts';
import { StoredEvents } from '../../src/storage/events.ts';

/** What people search journeys by: frequent and rare refusals, words that nothing has, names and ids. */
const searches = {
  'a frequent error code': 'invalid_client',
  'a rare error': 'authorisation.rare',
  'words of a headline': 'client secret',
  'a path': 'oauth2/token',
  'a status': '401',
  nothing: 'nothing has these words',
  'an application': 'Application 17',
  'an id': 'journey-77777',
} as const;
const rounds = 20;

/** Measures searches of journeys in a database: the slower of the median and 95 % of each, in milliseconds. */
export async function measureSearches(
  database: Database,
): Promise<Record<string, { p50: number; p95: number }>> {
  const journeys = new StoredJourneys({
    clock: systemClock,
    database,
    events: new StoredEvents(database),
    recorder: { keep: async () => undefined, burstAt: () => undefined },
    names: new Names({
      database,
      log: silentLog,
      personName: async (uid) => `Person ${uid}`,
      roleName: async () => undefined,
      applicationName: async (id) => id.replace('application-', 'Application '),
    }),
    captured: new CapturedMessages(database, systemClock),
    development: false,
  });
  const measured: Record<string, { p50: number; p95: number }> = {};
  for (const [name, q] of Object.entries(searches)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      await journeys.list({ q });
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => Math.round((times[Math.floor(rounds * part)] ?? 0) * 10) / 10;
    measured[name] = { p50: at(0.5), p95: at(0.95) };
  }
  return measured;
}
