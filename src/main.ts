import { join } from 'node:path';
import { createLog } from '@alongside/kernel/log';
import { createIdentityAgent } from '../identity-agent/index.ts';
import { createAuthorisation } from './authorisation/index.ts';
import { createCore } from './boot/core.ts';
import { agentSocketPath, openDataFolder, openVault } from './boot/data-folder.ts';
import { type Placement, startListeners } from './boot/listeners.ts';
import { choosePorts } from './boot/ports.ts';
import { emptyHappenings } from './boot/reset.ts';
import { createRoleSource } from './boot/role-source.ts';
import { publicUrls } from './boot/urls.ts';
import * as directory from './cis/directory/seeds.ts';
import { createCis } from './cis/index.ts';
import { createCis2 } from './cis2/index.ts';
import type { Config, ServiceName } from './config.ts';
import { createConsole } from './console/index.ts';
import { createGateway, resetPatients, seedPatients } from './gateway/index.ts';
import { demoCredentials, platformClient, resetRegistrations, seedRegistrations } from './oauth/seeds.ts';
import { createSample } from './sample/index.ts';
import { realmPath, type Service } from './service.ts';
import { removeStateFile, type StateFile, writeStateFile } from './state-file.ts';
import { openDatabase } from './storage/dialects.ts';
import { version } from './version.ts';

/** A running instance. */
export interface Instance {
  state: StateFile;
  stop(): Promise<void>;
}

/** Builds and starts what the configuration asks for. This is the only file that knows every part. */
export async function startAlongside(
  config: Config,
  { development }: { development: boolean },
): Promise<Instance> {
  const folder = openDataFolder(config.data, config.ephemeral);
  const vault = openVault(folder.path, config.masterKey);
  const database = await openDatabase(config.database || (config.ephemeral ? ':memory:' : ''), folder.path);
  const core = await createCore(database, vault, { movableClock: development });
  const ports = await choosePorts(config.portBase);
  const urls = publicUrls(config, ports);
  const cis2Issuer = `${urls.cis2}${realmPath}`;
  const agentSocket = agentSocketPath(ports.identityAgent);
  const log = (name: string) => createLog(config.logLevel, name);
  const secret = (from: string, to: string) => vault.serviceSecret(from, to);
  const wanted = (name: ServiceName) => config.only.includes(name);
  const { clock, recorder, settings, singleUse, audit, applications, products, tokens, keys } = core;
  const shared = { clock, database, recorder, urls, development };
  const demo = demoCredentials(urls);

  const agent = wanted('identity-agent')
    ? await createIdentityAgent({
        clock,
        recorder,
        flush: () => recorder.flush(),
        log: log('identity-agent'),
        dataFolder: join(folder.path, 'identity-agent'),
        socketPath: agentSocket,
        url: urls.identityAgent,
        cisUrl: urls.cis,
        cis2: {
          issuer: cis2Issuer,
          jwksUrl: `${cis2Issuer}/connect/jwk_uri`,
          exchangeUrl: `${urls.cis2}/agent/exchange`,
        },
        development,
        generation: config.generation,
        mode: 'normal',
        requireRole: false,
        checkPeerUser: true,
        cardIssuerSecret: secret('card-issuer', 'cis'),
      })
    : undefined;

  async function reset(): Promise<void> {
    await emptyHappenings(database);
    await directory.reset(database);
    await resetRegistrations({ applications, products, urls });
    await agent?.reset();
    await resetPatients(database);
  }

  const builders: Record<ServiceName, () => Placement['service'] | undefined> = {
    cis: () =>
      createCis({
        ...shared,
        singleUse,
        settings,
        audit,
        keys: keys.cis,
        vault,
        log: log('cis'),
        allowVirtualCards: development,
        subscribers: [{ url: urls.cis2, secret: secret('cis', 'cis2') }],
        serviceSecrets: {
          cis2: secret('cis2', 'cis'),
          console: secret('console', 'cis'),
          authorisation: secret('authorisation', 'cis'),
          cardIssuer: secret('card-issuer', 'cis'),
        },
      }),
    cis2: () =>
      createCis2({
        ...shared,
        singleUse,
        applications,
        tokens,
        keys: keys.cis2,
        vault,
        log: log('cis2'),
        issuer: cis2Issuer,
        cis: { url: urls.cis, secret: secret('cis2', 'cis') },
        cisSecret: secret('cis', 'cis2'),
        platformLogout: `${urls.api}/oauth2/backchannel_logout`,
        agentUrl: urls.identityAgent,
      }),
    authorisation: () => {
      const cis2 = {
        issuer: cis2Issuer,
        authorizeUrl: `${cis2Issuer}/authorize`,
        tokenUrl: `${cis2Issuer}/access_token`,
        userinfoUrl: `${cis2Issuer}/userinfo`,
        jwksUrl: `${cis2Issuer}/connect/jwk_uri`,
        ...platformClient,
        providerName: 'nhs-cis2' as const,
        sendNonceAndPkce: true,
      };
      return createAuthorisation({
        ...shared,
        singleUse,
        applications,
        products,
        tokens,
        keys: keys.authorisation,
        vault,
        log: log('authorisation'),
        roleSource: createRoleSource(urls.cis, secret('authorisation', 'cis')),
        bases: [
          { path: '/oauth2', profile: 'nhs', environment: 'local', cis2 },
          { path: '/oauth2.1', profile: 'standard', environment: 'local', cis2 },
        ],
      });
    },
    gateway: () =>
      createGateway({
        ...shared,
        applications,
        products,
        tokens,
        log: log('gateway'),
        options: { legacyDefaultMode: false, requireAsid: false },
      }),
    'identity-agent': () => agent?.service,
    console: () =>
      createConsole({
        ...shared,
        settings,
        audit,
        events: core.events,
        listenEvents: (listener) => recorder.listen(listener),
        applications,
        products,
        tokens,
        keys,
        log: log('console'),
        cis2Issuer,
        version,
        cis: { url: urls.cis, secret: secret('console', 'cis') },
        agentSocket,
        reset,
        allowedHosts: [
          new URL(urls.console).host,
          `localhost:${ports.console}`,
          `127.0.0.1:${ports.console}`,
        ],
      }),
    sample: () =>
      createSample({
        clock,
        log: log('sample'),
        origin: urls.sample,
        api: urls.api,
        cis2Issuer,
        development,
        ...demo,
      }),
  };

  const listenerOf = {
    cis: 'cis',
    cis2: 'cis2',
    authorisation: 'api',
    gateway: 'api',
    'identity-agent': 'identityAgent',
    console: 'console',
    sample: 'sample',
  } as const;
  const placements = config.only.flatMap((name): Placement[] => {
    const service: Service | undefined = builders[name]();
    return service ? [{ listener: listenerOf[name], service, log: log(name) }] : [];
  });

  if (development) await seedEverything();
  async function seedEverything(): Promise<void> {
    await directory.seed(database);
    await seedRegistrations({ applications, products, urls });
    await seedPatients(database);
  }

  const listeners = await startListeners(placements, { ports, host: config.host, recorder });
  for (const { service } of placements) await service.start?.();

  const state: StateFile = {
    version,
    urls: {
      console: urls.console,
      api: urls.api,
      cis2Issuer,
      identityAgent: urls.identityAgent,
      cis: urls.cis,
      sample: urls.sample,
    },
    database: database.description,
    pid: process.pid,
    portBase: ports.console,
    agentSocket: agent ? agentSocket : null,
    stateFile: config.state ?? join(folder.path, 'state.json'),
  };
  writeStateFile(state);

  return {
    state,
    async stop() {
      removeStateFile(state.stateFile);
      for (const { service } of [...placements].reverse()) await service.stop?.();
      await Promise.all(listeners.map((listener) => listener.close()));
      core.stop();
      await recorder.flush();
      await database.close();
      folder.discard();
    },
  };
}
