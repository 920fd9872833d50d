import { Answer } from '@alongside/kernel/answer';
import { Background } from '@alongside/kernel/background';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder, type JourneyEvent } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { Settings } from '../../storage/settings.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { reset, seed } from '../directory/seed.ts';
import { type CisDependencies, type CisService, createCis } from '../index.ts';
import { type SessionEnded, sessionEndedPath } from '../protocol.ts';

export const startTime = Date.parse('2026-03-02T09:00:00Z');
/** The public address. The listener uses another port. */
export const origin = 'http://cis.test';
const secrets = {
  cis2: 'secret-of-cis2',
  console: 'secret-of-the-console',
  authorisation: 'secret-of-authorisation',
  cardIssuer: 'secret-of-the-card-issuer',
  signing: 'secret-of-the-signing-service',
};

export type UnknownBody = Record<string, unknown>;

export interface CisResponse<Body = UnknownBody> {
  status: number;
  headers: Headers;
  body: Body;
}

interface CallOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** The calling service. */
  as?: keyof typeof secrets;
}

/** A subscriber that records the ended sessions it receives, and fails on demand. */
export interface TestSubscriber {
  url: string;
  told: SessionEnded[];
  authorizations: (string | undefined)[];
  /** Statuses of the next responses; 204 after them. */
  failures: number[];
  /** Resolves once this number of ended sessions has arrived. */
  heard(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startSubscriber(): Promise<TestSubscriber> {
  const waiting: { count: number; resolve(): void }[] = [];
  const subscriber = {
    told: [] as SessionEnded[],
    authorizations: [] as (string | undefined)[],
    failures: [] as number[],
  };
  const listener = createListener(
    [
      {
        methods: ['POST'],
        path: sessionEndedPath,
        endpoint: async (request) => {
          subscriber.authorizations.push(request.headers.authorization);
          const failure = subscriber.failures.shift();
          if (failure !== undefined) return new Answer(failure);
          const ended: SessionEnded = JSON.parse(request.body);
          subscriber.told.push(ended);
          for (const { count, resolve } of waiting) if (subscriber.told.length >= count) resolve();
          return new Answer(204);
        },
      },
    ],
    { name: 'subscriber', log: silentLog },
  );
  const port = await listener.listen(0);
  return Object.assign(subscriber, {
    url: `http://127.0.0.1:${port}`,
    heard: (count: number) =>
      new Promise<void>((resolve) => {
        if (subscriber.told.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () => listener.close(),
  });
}

export interface TestCis {
  clock: ManualClock;
  database: Database;
  audit: AuditLog;
  service: CisService;
  /** Work that no request waits for. */
  background: Background;
  /** The address of its listener, for a call that reads its response itself, and the header of a service. */
  origin: string;
  authorization(as: keyof typeof secrets): string;
  events(name: string): Promise<JourneyEvent[]>;
  call<Body = UnknownBody>(path: string, options?: CallOptions): Promise<CisResponse<Body>>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a CIS behind a listener, with seeded people and a manual clock. */
export async function startCis(changes: Partial<CisDependencies> = {}): Promise<TestCis> {
  const clock = new ManualClock(startTime);
  const database = changes.database ?? (await openDatabase(':memory:', ''));
  await seed(database);
  const vault = new Vault(Buffer.alloc(32, 7));
  const store = new StoredEvents(database);
  const recorder = new EventRecorder(clock, store);
  const audit = new AuditLog(database, clock, vault);
  const background = new Background();
  const service = createCis({
    clock,
    database,
    singleUse: new SingleUse(database, clock),
    settings: new Settings(database),
    audit,
    keys: new SigningKeys('cis', new StoredKeys(database, vault), clock),
    vault,
    recorder,
    background,
    log: silentLog,
    urls: { console: '', api: '', apis: '', cis2: '', identityAgent: '', sample: '', cis: origin },
    development: true,
    allowVirtualCards: false,
    subscribers: [],
    serviceSecrets: secrets,
    ...changes,
  });
  const listener = createListener(service.routes, {
    name: 'cis',
    log: silentLog,
    flush: () => recorder.flush(),
  });
  const port = await listener.listen(0);

  async function call<Body = UnknownBody>(
    path: string,
    { method, body, headers, as }: CallOptions = {},
  ): Promise<CisResponse<Body>> {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const text = isRaw ? (body as BodyInit | undefined) : JSON.stringify(body);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(as === undefined ? {} : { authorization: `Bearer ${secrets[as]}` }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: answer === '' ? {} : JSON.parse(answer),
    };
  }

  return {
    clock,
    database,
    audit,
    service,
    background,
    origin: `http://127.0.0.1:${port}`,
    authorization: (as) => `Bearer ${secrets[as]}`,
    call,
    events: async (name) => {
      await recorder.flush();
      return (await store.list()).filter((event) => event.name === name);
    },
    reset: () => reset(database),
    close: async () => {
      await service.stop?.();
      await listener.close();
      await background.settled();
      await background.end();
      if (!changes.database) await database.close();
    },
  };
}

/** Uids of seeded people. */
export const uids = {
  gp: '656005750108',
  clinician: '656005750107',
  admin: '656005750104',
  nurse: '656005750105',
  locum: '656005750106',
  starter: '656005750113',
  unproven: '656005750114',
};
