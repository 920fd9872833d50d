import { AdjustableClock, ManualClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { anyPeerUser } from '@alongside/kernel/peer-user';
import { Vault } from '@alongside/kernel/secrets';
import { journeysIn, type TestJourneys } from '../../journeys/testing/journeys.ts';
import { Applications } from '../../oauth/applications.ts';
import { Developers } from '../../oauth/developers.ts';
import { Products } from '../../oauth/products.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { seedRegistrations } from '../../seed/registrations.ts';
import type { Urls } from '../../service.ts';
import { AuditLog } from '../../storage/audit.ts';
import { type Database, sql } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { Refusals } from '../../storage/refusals.ts';
import { Settings } from '../../storage/settings.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { createConsole } from '../index.ts';
import type { Apis, ConsoleDependencies } from '../model/dependencies.ts';
import type { PatientRegister } from '../model/patient-register.ts';
import { checkAnsweredCalls } from './answered-calls.ts';
import { type Answered, type Sent, send } from './request.ts';

export const startTime = Date.parse('2026-03-02T09:00:00Z');

const absent = () => Promise.reject(new Error('This console has no gateway.'));

/** The gateway is another service, which tests of a whole instance have. */
const noApis: Apis = {
  list: async () => [],
  get: async () => undefined,
  source: async () => undefined,
  examples: async () => [],
  check: absent,
  add: absent,
  change: async () => undefined,
  remove: async () => false,
  setSecret: absent,
  drafts: async () => [],
  prepareReplacement: async () => async () => undefined,
};

export interface TestConsole {
  port: number;
  base: ManualClock;
  clock: AdjustableClock;
  recorder: EventRecorder;
  /** Records requests as journeys. */
  journeys: Pick<TestJourneys, 'record' | 'journeys'>;
  refusals: Refusals;
  applications: Applications;
  tokens: Tokens;
  settings: Settings;
  audit: AuditLog;
  keys: ConsoleDependencies['keys'];
  database: ConsoleDependencies['database'];
  urls: Urls;
  resets: () => number;
  /** Returns the parts of the last reset. */
  lastReset: () => readonly string[];
  send(path: string, sent?: Sent): Promise<Answered>;
  /** Calls the console API. */
  api(method: string, path: string, json?: unknown, headers?: Record<string, string>): Promise<Answered>;
  close(): Promise<void>;
}

/** The patients as rows only, without the keys of the gateway's searches. */
const storedPatients = (database: Database): PatientRegister => ({
  async replaceAll(records) {
    const insertStatement = (record: object) => {
      const { id, meta } = (record as { patient: { id: string; meta: { versionId: string } } }).patient;
      return sql(
        'INSERT INTO patient (nhs_number, version, body) VALUES (?, ?, ?)',
        id,
        Number(meta.versionId),
        JSON.stringify(record),
      );
    };
    await database.batch([sql('DELETE FROM patient'), ...records.map(insertStatement)]);
  },
  find: absent,
  list: async () => ({ patients: [], next: null }),
  add: absent,
  generate: absent,
});

/** Starts a seeded console, in memory by default, without CIS and agent unless `changes` has them. */
export async function startConsole(changes: Partial<ConsoleDependencies> = {}): Promise<TestConsole> {
  checkAnsweredCalls();
  const base = new ManualClock(startTime);
  const clock = new AdjustableClock(base);
  const database = changes.database ?? (await openDatabase(':memory:', ''));
  const settings = new Settings(database);
  const vault = new Vault(Buffer.from(randomToken(32)));
  const audit = new AuditLog(database, clock, vault);
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const journeys = journeysIn(database, clock);
  const refusals = new Refusals(database, clock);
  const applications = new Applications(database, clock);
  const products = new Products(database);
  const developers = new Developers(database);
  const tokens = new Tokens(database, clock, vault);
  const store = new StoredKeys(database, vault);
  const keys = {
    cis: new SigningKeys('cis', store, clock),
    cis2: new SigningKeys('cis2', store, clock),
    authorisation: new SigningKeys('authorisation', store, clock),
  };
  const urls: Urls = {
    console: 'http://console.test',
    api: 'http://api.test',
    apis: 'http://apis.test',
    cis2: 'http://cis2.test',
    identityAgent: 'http://127.0.0.1:1',
    cis: 'http://cis.test',
    sample: 'http://sample.test',
  };
  await seedRegistrations({ applications, products, settings, urls });
  const resets: (readonly string[])[] = [];
  const allowedHosts: string[] = ['console.test'];
  const service = createConsole({
    clock,
    database,
    settings,
    audit,
    events,
    journeys: journeys.journeys,
    refusals,
    listenEvents: (listener) => recorder.listen(listener),
    applications,
    products,
    developers,
    tokens,
    keys,
    log: silentLog,
    figures: async () => ({ samples: [], measuresRequests: false }),
    urls,
    cis2Issuer: `${urls.cis2}/issuer`,
    version: '1.2.3',
    apis: noApis,
    platformApis: ['oauth2', 'oauth2-mock', 'oauth2.1', 'hello-world', 'canary-api'],
    development: true,
    cis: { url: 'http://127.0.0.1:9', secret: 'secret' },
    agentSocket: null,
    namedFaults: [{ name: 'test-fault', summary: 'something is wrong' }],
    patients: storedPatients(database),
    reset: async (parts) => {
      resets.push(parts);
    },
    allowedHosts,
    peerUser: anyPeerUser,
    ...changes,
  });
  const listener = createListener(service.routes, {
    name: 'console',
    log: silentLog,
    refusals,
    development: true,
    flush: () => recorder.flush(),
    before: (request) => service.before?.(request),
  });
  const port = await listener.listen(0);
  allowedHosts.push(`localhost:${port}`, `127.0.0.1:${port}`);
  return {
    port,
    base,
    clock,
    recorder,
    journeys,
    refusals,
    applications,
    tokens,
    settings,
    audit,
    keys,
    database,
    urls,
    resets: () => resets.length,
    lastReset: () => resets.at(-1) ?? [],
    send: (path, sent) => send(port, path, sent),
    api: (method, path, json, headers) => send(port, `/api/v1${path}`, { method, json, headers }),
    async close() {
      await service.stop?.();
      await listener.close();
      await database.close();
    },
  };
}
