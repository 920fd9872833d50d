import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AdjustableClock, ManualClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { Applications } from '../oauth/applications.ts';
import { Products } from '../oauth/products.ts';
import { seedRegistrations } from '../oauth/seeds.ts';
import { Tokens } from '../oauth/tokens.ts';
import type { Urls } from '../service.ts';
import { AuditLog } from '../storage/audit.ts';
import { openDatabase } from '../storage/dialects.ts';
import { StoredEvents } from '../storage/events.ts';
import { Settings } from '../storage/settings.ts';
import { StoredKeys } from '../storage/signing-keys.ts';
import type { ConsoleDependencies } from './dependencies.ts';
import { createConsole } from './index.ts';

// A console alone behind a port, its neighbours as small as they can be: what the tests of this folder share.

export const startTime = Date.parse('2026-03-02T09:00:00Z');

export interface Answered {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The JSON body; an empty object when there was none. */
  body: Record<string, unknown>;
}

export interface Sent {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  /** Sent as JSON, with its type, unless the headers say another. */
  json?: unknown;
  /** Sent as it is. */
  text?: string;
}

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** One request with exactly these headers: `fetch` would add and forbid some. */
export function send(
  port: number,
  path: string,
  { method = 'GET', headers = {}, json, text }: Sent = {},
): Promise<Answered> {
  const body = json === undefined ? text : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const whole = Buffer.concat(parts).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: whole,
          body: parsed(whole),
        });
      });
    });
    request.end(body);
  });
}

/** A local socket that answers what the handlers say, message by message; a thrown object becomes the error. */
export async function startSocket(
  handlers: Record<string, (params: Record<string, unknown>) => unknown>,
): Promise<{
  path: string;
  calls: { method: string; params: unknown }[];
  hangUp(): void;
  close(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-console-'));
  const path = join(folder, 'agent.sock');
  const calls: { method: string; params: unknown }[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let pending = '';
    let writing = Promise.resolve();
    socket.on('data', (piece) => {
      const lines = (pending + piece.toString()).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const { id, method, params } = JSON.parse(line) as {
          id: number;
          method: string;
          params: Record<string, unknown>;
        };
        calls.push({ method, params });
        let reply: object;
        try {
          const result = handlers[method]?.(params);
          if (result === undefined) continue;
          reply = { result };
        } catch (error) {
          reply = { error };
        }
        // A notification comes first, and the answer in two pieces.
        const notification = `${JSON.stringify({ jsonrpc: '2.0', method: 'cardInserted', params: {} })}\n`;
        writing = writing.then(() => void socket.write(notification));
        const text = `${JSON.stringify({ jsonrpc: '2.0', id, ...reply })}\n`;
        writing = writing.then(async () => {
          socket.write(text.slice(0, 7));
          await setImmediate();
          socket.write(text.slice(7));
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    calls,
    hangUp: () => {
      for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TestConsole {
  port: number;
  base: ManualClock;
  clock: AdjustableClock;
  recorder: EventRecorder;
  applications: Applications;
  tokens: Tokens;
  settings: Settings;
  audit: AuditLog;
  keys: ConsoleDependencies['keys'];
  database: ConsoleDependencies['database'];
  urls: Urls;
  /** How often storage was brought back to the seed. */
  resets: () => number;
  send(path: string, sent?: Sent): Promise<Answered>;
  close(): Promise<void>;
}

/** A seeded console in memory. Nobody answers as CIS or agent unless the changes say who does. */
export async function startConsole(changes: Partial<ConsoleDependencies> = {}): Promise<TestConsole> {
  const base = new ManualClock(startTime);
  const clock = new AdjustableClock(base);
  const database = await openDatabase(':memory:', '');
  const settings = new Settings(database);
  const audit = new AuditLog(database, clock);
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const applications = new Applications(database, clock);
  const products = new Products(database);
  const tokens = new Tokens(database, clock);
  const store = new StoredKeys(database, new Vault(Buffer.from(randomToken(32))));
  const keys = {
    cis: new SigningKeys('cis', store, clock),
    cis2: new SigningKeys('cis2', store, clock),
    authorisation: new SigningKeys('authorisation', store, clock),
  };
  const urls: Urls = {
    console: 'http://console.test',
    api: 'http://api.test',
    cis2: 'http://cis2.test',
    identityAgent: 'http://127.0.0.1:1',
    cis: 'http://cis.test',
    sample: 'http://sample.test',
  };
  await seedRegistrations({ applications, products, urls });
  let resets = 0;
  const allowedHosts: string[] = ['console.test'];
  const service = createConsole({
    clock,
    database,
    settings,
    audit,
    events,
    listenEvents: (listener) => recorder.listen(listener),
    applications,
    products,
    tokens,
    keys,
    log: silentLog,
    urls,
    cis2Issuer: `${urls.cis2}/issuer`,
    version: '1.2.3',
    development: true,
    cis: { url: 'http://127.0.0.1:9', secret: 'secret' },
    agentSocket: null,
    reset: async () => {
      resets += 1;
    },
    allowedHosts,
    ...changes,
  });
  const listener = createListener(service.routes, {
    name: 'console',
    log: silentLog,
    flush: () => recorder.flush(),
    before: (request) => service.before?.(request),
    ...(service.onError ? { onError: service.onError } : {}),
  });
  const port = await listener.listen(0);
  allowedHosts.push(`localhost:${port}`, `127.0.0.1:${port}`);
  return {
    port,
    base,
    clock,
    recorder,
    applications,
    tokens,
    settings,
    audit,
    keys,
    database,
    urls,
    resets: () => resets,
    send: (path, sent) => send(port, path, sent),
    async close() {
      await service.stop?.();
      await listener.close();
      await database.close();
    },
  };
}
