import { Activity, type Caller } from '@alongside/kernel/activity';
import { Answer } from '@alongside/kernel/answer';
import { type AdjustableClock, ManualClock } from '@alongside/kernel/clock';
import { orderedId, uuid } from '@alongside/kernel/ids';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { Applications } from '../../oauth/applications.ts';
import type { Urls } from '../../service.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { migrate } from '../../storage/migrations.ts';
import { CapturedMessages } from '../captured.ts';
import { placesOf } from '../lanes.ts';
import { Names } from '../names.ts';
import { StoredJourneys } from '../reader.ts';
import { JourneyRecorder } from '../recorder.ts';
import { Verdicts } from '../verdicts.ts';

export const testUrls: Urls = {
  console: 'http://console.test',
  api: 'http://api.test',
  apis: 'http://apis.test',
  cis2: 'http://cis2.test',
  identityAgent: 'http://agent.test',
  cis: 'http://cis.test',
  sample: 'http://sample.test',
};

/** A finished request; what is left out is that of a usual one. */
export interface Exchange {
  service: 'api' | 'cis2' | 'cis' | 'identityAgent';
  method?: string;
  route: string;
  /** The route by default. */
  path?: string;
  address?: string;
  status?: number;
  ms?: number;
  /** Milliseconds after the start of the journey. */
  after?: number;
  caller?: Caller;
  location?: string;
  /** The response; one with the status and the location by default. */
  answer?: Answer;
  body?: string;
  refusal?: Activity['refusal'];
  headers?: Record<string, string>;
  event?: { name: string; outcome?: 'ok' | 'refused'; detail?: Record<string, string> };
}

/** Journeys in memory, and a recorder that fills them. */
export interface TestJourneys {
  readonly clock: ManualClock;
  readonly database: Database;
  readonly events: StoredEvents;
  readonly journeys: StoredJourneys;
  readonly recorder: JourneyRecorder;
  /** Records requests one after another, and returns the id of their journey. */
  record(exchanges: readonly Exchange[], journey?: string): string;
}

export const testVault = new Vault(Buffer.alloc(32, 7));

const names: Readonly<Record<string, string>> = {
  '656005750108': 'Dr Harriet Quillfeather',
  '656005750109': 'Mrs Winifred Harbottle',
  'demo-combined': 'Demo, combined',
  'demo-separate': 'Demo, separate',
};

export function journeysIn(
  database: Database,
  clock: AdjustableClock | ManualClock,
): Omit<TestJourneys, 'clock' | 'database'> {
  const events = new StoredEvents(database);
  const onLost = (error: unknown) => {
    throw error;
  };
  const captured = new CapturedMessages(database, clock);
  const recorder = new JourneyRecorder({
    clock,
    events,
    vault: testVault,
    places: placesOf(testUrls, 'platform'),
    messages: captured,
    verdicts: new Verdicts({ applications: new Applications(database, clock), services: [] }),
    onLost,
    maxRefused: 20,
  });
  const nameOf = async (id: string) => names[id];
  const look = new Names({
    database,
    log: silentLog,
    personName: nameOf,
    roleName: nameOf,
    applicationName: nameOf,
    findPeople: async (q) => Object.keys(names).filter((uid) => names[uid]?.split(' ').at(-1)?.startsWith(q)),
  });
  const journeys = new StoredJourneys({
    clock,
    database,
    events,
    recorder,
    captured,
    names: look,
    development: true,
  });
  return {
    events,
    recorder,
    journeys,
    record(exchanges, journey = orderedId()) {
      const began = clock.now();
      for (const [index, exchange] of exchanges.entries()) {
        const { service, method = 'GET', route, path = route, status = 200, ms = 5 } = exchange;
        const { address = '127.0.0.1', after = index * 10 } = exchange;
        const activity = new Activity(service, method);
        recorder.began(activity);
        const { caller = {}, location, body = '', refusal, event, headers = {} } = exchange;
        activity.follow({ id: uuid(), path, query: '', headers, body, address }, route);
        activity.journey = journey;
        activity.at = began + after;
        activity.milliseconds = ms;
        activity.status = status;
        activity.answer = exchange.answer ?? new Answer(status, location === undefined ? {} : { location });
        activity.note(caller);
        activity.refusal = refusal;
        if (event) activity.noteEvent(event, journey);
        recorder.ended(activity);
      }
      return journey;
    },
  };
}

export async function startJourneys(): Promise<TestJourneys> {
  const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
  const database = await openDatabase(':memory:', '');
  await migrate(database);
  return { clock, database, ...journeysIn(database, clock) };
}
