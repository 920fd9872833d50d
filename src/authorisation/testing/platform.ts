import { randomBytes } from 'node:crypto';
import { Background } from '@alongside/kernel/background';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { trustedProxies } from '@alongside/kernel/peer';
import { Vault } from '@alongside/kernel/secrets';
import { Applications } from '../../oauth/applications.ts';
import { Developers } from '../../oauth/developers.ts';
import { Products } from '../../oauth/products.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { AuditLog } from '../../storage/audit.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { Refusals } from '../../storage/refusals.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { type AuthorisationDependencies, type BasePath, createAuthorisation } from '../index.ts';
import { products, seededApplications } from './applications.ts';
import { type Provider, startProvider } from './provider.ts';

/** A fixed time, so that tests do not depend on the current one. */
export const noon = Date.UTC(2026, 6, 1, 12);

/** The public address of the API platform, independent of the port. */
export const api = 'https://api.test';

const platformClient = { id: 'platform.apps.test', secret: 'platform-secret-0123456789abcdefghij' };

/** A response, for tests. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON body, or an empty object. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read any member.
  body: any;
  location: URL | undefined;
}

export interface PlatformOptions {
  keys?: JsonWebKey[];
  database?: string;
  /** Another platform that shares its database, master key and providers; nothing is seeded. */
  beside?: { master: Uint8Array; provider: Provider; citizens: Provider };
  development?: boolean;
  /** Replaces members of every base path. */
  base?: Partial<BasePath>;
  more?: Partial<AuthorisationDependencies>;
}

async function readReply(answer: Response): Promise<Reply> {
  const text = await answer.text();
  let body: unknown = {};
  try {
    body = JSON.parse(text);
  } catch {}
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body,
    location: location ? new URL(location) : undefined,
  };
}

/** Starts the authorisation service with a database and two providers on a free port. */
export async function startPlatform(options: PlatformOptions = {}) {
  const clock = new ManualClock(noon);
  const database = await openDatabase(options.database ?? ':memory:', '');
  const master = options.beside?.master ?? randomBytes(32);
  const vault = new Vault(master);
  const applications = new Applications(database, clock);
  const provider = options.beside?.provider ?? (await startProvider(clock, platformClient));
  const citizens = options.beside?.citizens ?? (await startProvider(clock, platformClient));
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const refusals = new Refusals(database, clock);
  const cis2 = {
    issuer: provider.issuer,
    authorizeUrl: `${provider.issuer}/authorize`,
    tokenUrl: `${provider.issuer}/access_token`,
    userinfoUrl: `${provider.issuer}/userinfo`,
    jwksUrl: `${provider.issuer}/jwks`,
    clientId: platformClient.id,
    clientSecret: platformClient.secret,
  };
  const nhsLogin = {
    issuer: citizens.issuer,
    authorizeUrl: `${citizens.issuer}/authorize`,
    tokenUrl: `${citizens.issuer}/access_token`,
    jwksUrl: `${citizens.issuer}/jwks`,
    clientId: platformClient.id,
    clientSecret: platformClient.secret,
  };
  const own = { ...cis2, providerName: 'nhs-cis2', sendNonceAndPkce: true } as const;
  const mock = { ...cis2, providerName: 'apim-mock-nhs-cis2', sendNonceAndPkce: false } as const;
  const bases: BasePath[] = [
    {
      path: '/oauth2',
      profile: 'nhs',
      environment: 'local',
      cis2: own,
      nhsLogin: { ...nhsLogin, providerName: 'nhs-login', sendNonceAndPkce: true },
    },
    {
      path: '/oauth2-mock',
      profile: 'nhs',
      environment: 'internal-dev',
      cis2: mock,
      nhsLogin: { ...nhsLogin, providerName: 'apim-mock-nhs-login' },
    },
    {
      path: '/oauth2.1',
      profile: 'standard',
      environment: 'local',
      cis2: own,
      nhsLogin: { ...nhsLogin, providerName: 'nhs-login' },
    },
  ];
  const tokens = new Tokens(database, clock, vault);
  const background = new Background();
  const audit = new AuditLog(database, clock, vault);
  const dependencies: AuthorisationDependencies = {
    clock,
    database,
    singleUse: new SingleUse(database, clock),
    applications,
    products: new Products(database),
    tokens,
    keys: new SigningKeys('authorisation', new StoredKeys(database, vault), clock),
    vault,
    recorder,
    audit,
    background,
    log: silentLog,
    urls: { api, apis: api, console: '', cis2: '', identityAgent: '', cis: '', sample: '' },
    development: options.development ?? true,
    bases: bases.map((base) => ({ ...base, ...options.base })),
    ...options.more,
  };
  const service = createAuthorisation(dependencies);
  const productStore = new Products(database);
  const developers = new Developers(database);
  if (!options.beside) {
    for (const product of products) await productStore.save(product);
    for (const application of seededApplications(options.keys ?? [])) await applications.add(application);
  }
  const listener = createListener(service.routes, {
    name: 'api',
    log: options.more?.log ?? silentLog,
    development: options.development ?? true,
    flush: () => recorder.flush(),
    refusals,
    ...(service.onMalformed ? { onMalformed: service.onMalformed } : {}),
    // A proxy that terminates TLS sends client certificates.
    proxies: trustedProxies(['127.0.0.1']),
  });
  const port = await listener.listen(0);

  /** Fetches a path of the platform without following redirects. */
  const customFetch = (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(address, api);
    const target = url.origin === api ? `http://127.0.0.1:${port}${url.pathname}${url.search}` : url.href;
    return fetch(target, { redirect: 'manual', ...init });
  };
  const call = async (address: string | URL, init?: RequestInit): Promise<Reply> =>
    readReply(await customFetch(address, init));

  return {
    dependencies,
    master,
    clock,
    database,
    applications,
    products: productStore,
    developers,
    tokens,
    vault,
    audit,
    events,
    refusals,
    provider,
    citizens,
    port,
    customFetch,
    call,
    get: (path: string, query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      call(Object.keys(query).length > 0 ? `${path}?${new URLSearchParams(query)}` : path, { headers }),
    post: (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      call(path, {
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
    async close() {
      await listener.close();
      if (!options.beside) await Promise.all([provider.close(), citizens.close()]);
      await database.close();
    },
  };
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>;

/** Returns the parameters with one removed or replaced. */
export function changed(
  parameters: Record<string, string>,
  change: Record<string, string | undefined>,
): Record<string, string> {
  const merged = { ...parameters, ...change };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
