import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Background } from '@alongside/kernel/background';
import { AdjustableClock, ManualClock, systemClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { SigningKeys } from '@alongside/kernel/keys';
import { type Log, silentLog } from '@alongside/kernel/log';
import { trustedProxies } from '@alongside/kernel/peer';
import { sha256, Vault } from '@alongside/kernel/secrets';
import type { SessionEnded } from '../../cis/protocol.ts';
import { type Application, Applications, type Cis2Registration } from '../../oauth/applications.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { realmPath, type Service } from '../../service.ts';
import { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { type Cis2Dependencies, createCis2 } from '../index.ts';
import { Browser, type Reply, send } from './browser.ts';
import { gp, locum, nurse, starter } from './people.ts';
import { TestAgent } from './test-agent.ts';
import { startCis, type TestCis } from './test-cis.ts';

export const secret = 'a-client-secret-of-at-least-32-characters';
export const consoleSecret = 'the-secret-that-the-console-shows';
const cisSecret = 'the-secret-that-cis-shows';
const agentUrl = 'http://127.0.0.1:65533';

/** CIS2 with real storage, keys and HTTP. CIS and the agent are test doubles with real keys. */
export interface Instance {
  origin: string;
  issuer: string;
  clock: AdjustableClock;
  database: Database;
  audit: AuditLog;
  vault: Vault;
  applications: Applications;
  singleUse: SingleUse;
  tokens: Tokens;
  keys: SigningKeys;
  events: StoredEvents;
  cis: TestCis;
  agent: TestAgent;
  service: Service;
  /** Work that no request waits for. */
  background: Background;
  logged: Record<string, unknown>[];
  register(registration?: Partial<Cis2Registration>, more?: Partial<Application>): Promise<Cis2Registration>;
  /** Returns an authorization request. Missing parameters have defaults; `undefined` omits one. */
  authorizeUrl(client: Cis2Registration, parameters?: Record<string, string | undefined>): string;
  /** Signs in the user of the agent in this browser. Returns the reply with the code. */
  signIn(
    browser: Browser,
    client: Cis2Registration,
    parameters?: Record<string, string | undefined>,
  ): Promise<Reply>;
  /** Reports an ended session, like CIS. */
  sessionEnded(ended: SessionEnded, secretOfCis?: string): Promise<Reply>;
  stop(): Promise<void>;
}

let registered = 0;

const halfOf = (clientId: string, registration: Partial<Cis2Registration>): Cis2Registration => ({
  profile: 'nhs',
  clientId,
  secrets: [{ hash: sha256(secret), createdAt: 0, expiresAt: null }],
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: 'RS512',
  jwks: null,
  jwksUrl: null,
  redirectUris: ['https://app.example.test/callback'],
  postLogoutRedirectUris: ['https://app.example.test/signed-out'],
  applicationType: 'web',
  backchannelLogoutUri: '',
  pkce: 'optional',
  refreshTokens: false,
  firstAuthenticator: null,
  maxAge: registration.profile === undefined || registration.profile === 'nhs' ? 'proof' : 'pin',
  idTokenSigningAlg: 'RS256',
  userinfoSigningAlg: null,
  ...registration,
});

/**
 * Starts CIS2 and its test doubles. The clock stops unless a test moves it, so results do not depend on the speed of the
 * machine. `options.clock` replaces it for tests with programs that read the machine's clock.
 * @param setting the database, `:memory:` by default.
 * @param proxies trusted proxies.
 * @param host `localhost` for WebAuthn, which needs a host name.
 */
export async function startInstance(
  { clock: base = new ManualClock(systemClock.now()), ...options }: Partial<Cis2Dependencies> = {},
  setting = ':memory:',
  proxies: readonly string[] = ['127.0.0.1'],
  host = '127.0.0.1',
): Promise<Instance> {
  const clock = new AdjustableClock(base);
  const cis = await startCis(clock);
  for (const person of [gp, nurse, starter, locum]) cis.people.set(person.uid, person);
  let dispatch: Parameters<typeof createServer>[1];
  const front = createServer((request, response) => dispatch?.(request, response as never));
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const origin = `http://${host}:${(front.address() as AddressInfo).port}`;
  const issuer = `${origin}${realmPath}`;
  const database = await openDatabase(setting, '');
  const vault = new Vault(Buffer.alloc(32, 7));
  const audit = new AuditLog(database, clock, vault);
  const singleUse = new SingleUse(database, clock);
  const applications = new Applications(database, clock);
  const tokens = new Tokens(database, clock, vault);
  const keys = new SigningKeys('cis2', new StoredKeys(database, vault), clock);
  await Promise.all([keys.ensure('RS256'), keys.ensure('ES256')]);
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const background = new Background();
  const logged: Record<string, unknown>[] = [];
  const write = (fields: Record<string, unknown>, message: string) => logged.push({ ...fields, message });
  const log: Log = { ...silentLog, info: write, warn: write, error: write };
  const service = createCis2({
    clock,
    database,
    singleUse,
    applications,
    tokens,
    keys,
    vault,
    audit,
    recorder,
    background,
    log,
    urls: {
      console: '',
      api: 'https://api.example.test',
      apis: 'https://api.example.test',
      cis2: origin,
      identityAgent: agentUrl,
      cis: cis.url,
      sample: '',
    },
    issuer,
    development: true,
    cis: { url: cis.url, secret: cis.secret },
    cisSecret,
    consoleSecret,
    agentUrl,
    ...options,
  });
  const listener = createListener(service.routes, {
    name: 'cis2',
    log,
    development: options.development ?? true,
    flush: () => recorder.flush(),
    // Lets tests send a client certificate, like a proxy (RFC 9440).
    proxies: trustedProxies(proxies),
  });
  dispatch = (request, response) => {
    // The client address behind the proxy, unless a test sets another one.
    request.headers['x-forwarded-for'] ??= '127.0.0.2';
    listener.server.emit('request', request, response);
  };
  const agent = await TestAgent.create(cis, clock, origin);

  const authorizeUrl: Instance['authorizeUrl'] = (client, parameters = {}) => {
    const all = {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: client.redirectUris[0],
      scope: 'openid',
      state: 'state-1',
      nonce: 'nonce-1',
      ...parameters,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return `${issuer}/authorize?${new URLSearchParams(given)}`;
  };

  return {
    origin,
    issuer,
    clock,
    database,
    audit,
    vault,
    applications,
    singleUse,
    tokens,
    keys,
    events,
    cis,
    agent,
    service,
    background,
    logged,
    authorizeUrl,
    async register(registration = {}, more = {}) {
      registered += 1;
      const made = halfOf(registration.clientId ?? `${registered}.example.apps`, registration);
      await applications.add({
        id: `app-${registered}`,
        name: `Example ${registered}`,
        developer: 'test',
        status: 'approved',
        platform: null,
        cis2: made,
        ...more,
      });
      return made;
    },
    async signIn(browser, client, parameters) {
      const hop = await browser.get(authorizeUrl(client, parameters));
      if (!hop.location.startsWith(agentUrl)) return hop;
      return browser.get(await agent.answer(hop.location));
    },
    sessionEnded(ended, secretOfCis = cisSecret) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${secretOfCis}` };
      return send('POST', `${origin}/agent/session-ended`, headers, JSON.stringify(ended));
    },
    async stop() {
      await service.stop?.();
      await listener.close();
      front.closeAllConnections();
      await new Promise<void>((resolve) => front.close(() => resolve()));
      await background.settled();
      await background.end();
      await cis.stop();
      await database.close();
    },
  };
}

export const codeOf = ({ location }: Reply): string => new URL(location).searchParams.get('code') ?? '';
export { Browser };
