import { join } from 'node:path';
import type { RequestObserver } from '@alongside/kernel/activity';
import { inProcess } from '@alongside/kernel/in-process';
import { createLog, type LogLevel } from '@alongside/kernel/log';
import { askOver } from '@alongside/kernel/outbound';
import { peerUserOf } from '@alongside/kernel/peer-user';
import type { Vault } from '@alongside/kernel/secrets';
import { createIdentityAgent } from '../identity-agent/index.ts';
import { createAuthorisation } from './authorisation/index.ts';
import type { MutualTlsUrls, Ports } from './boot/addresses.ts';
import type { Core } from './boot/core.ts';
import type { Placement } from './boot/listeners.ts';
import type { Figures } from './boot/metrics/gauges.ts';
import { outages, withOutages } from './boot/outages.ts';
import { createPeopleNow, createPersonSource, mockClaimsOf } from './boot/people.ts';
import type { LiveSettings } from './boot/reloadables.ts';
import { signInSettings, webAuthnSettings } from './boot/sign-in-settings.ts';
import { upstreamsOf } from './boot/upstreams.ts';
import { createCis } from './cis/index.ts';
import { cis2Faults } from './cis2/faults/registry.ts';
import { createCis2 } from './cis2/index.ts';
import { authorisationApis, type Config, type ServiceName } from './config.ts';
import type { StoredPart } from './console/dependencies.ts';
import { createConsole } from './console/index.ts';
import { ApiRegister, createGateway, patientRegister, pdsFaults, statusKeyOf } from './gateway/index.ts';
import { Names } from './journeys/names.ts';
import { StoredJourneys } from './journeys/reader.ts';
import {
  type AddedCitizens,
  createMockSurface,
  mockBasePath,
  mockNhsLogin,
  type RealmKeys,
} from './mock/index.ts';
import { ProofNonces } from './oauth/dpop.ts';
import { createSample } from './sample/index.ts';
import { demoCredentials, platformClient } from './seed/registrations.ts';
import { realmPath, type Service, type Urls } from './service.ts';
import { Faults, type NamedFault } from './storage/faults.ts';
import { version } from './version.ts';

/** The faults that developers can inject: console, commands and documentation list these. */
export const namedFaults: readonly NamedFault[] = [...cis2Faults, ...pdsFaults, ...outages];

/** Inputs for building the services. */
export interface Materials {
  config: Config;
  development: boolean;
  core: Core;
  vault: Vault;
  folder: string;
  ports: Ports;
  urls: Urls;
  mutualTls: MutualTlsUrls;
  agentSocket: string;
  realmKeys: RealmKeys;
  citizens: AddedCitizens;
  /** Restores these parts of the seed. */
  reset: (parts: readonly StoredPart[]) => Promise<void>;
  /** SHA-256 of the access token in the state file. */
  operatorHash: string;
  /** State that a reload replaces. */
  live: LiveSettings;
  logLevel: LogLevel;
  /** Follows the requests of services to each other without a socket. */
  observer?: RequestObserver | undefined;
  /** The current values of the metrics. */
  figures: () => Promise<Figures>;
  /** Secret of the API platform as a client of this CIS2. */
  platformSecret: string;
}

/** The requested services with their listeners. */
export interface Composition {
  placements: Placement[];
  /** Restores the seed of this process's agent, if any. */
  resetAgent(): Promise<void>;
}

/** Builds the configured services. Only this file and main.ts know all of them. */
export async function compose(materials: Materials): Promise<Composition> {
  const { config, development, core, vault, folder, ports, urls, agentSocket, realmKeys, citizens, reset } =
    materials;
  const { mutualTls, operatorHash, platformSecret, live, logLevel, observer, figures } = materials;
  const { clientAuthorities, clientRevocations } = live;
  const {
    clock,
    database,
    recorder,
    background,
    settings,
    singleUse,
    audit,
    applications,
    products,
    developers,
    tokens,
    keys,
  } = core;
  const cis2Issuer = `${urls.cis2}${realmPath}`;
  const log = (name: string) => createLog(logLevel, name);
  const secret = (from: string, to: string) => vault.serviceSecret(from, to);
  const shared = { clock, database, recorder, background, urls, development };
  const registrations = { applications, products, developers, tokens };
  const faults = development ? new Faults(settings) : undefined;
  const statusApiKey = config.statusApiKey ?? (await statusKeyOf(database));
  const cisSecrets = {
    cis2: secret('cis2', 'cis'),
    console: secret('console', 'cis'),
    authorisation: secret('authorisation', 'cis'),
    cardIssuer: secret('card-issuer', 'cis'),
  };
  const cis = config.only.includes('cis')
    ? createCis({
        ...shared,
        singleUse,
        settings,
        audit,
        keys: keys.cis,
        vault,
        log: log('cis'),
        allowVirtualCards: development,
        selfService: config.selfService,
        subscribers: [{ name: 'cis2', url: urls.cis2, secret: secret('cis', 'cis2') }],
        serviceSecrets: cisSecrets,
        ...(live.smtp ? { smtp: live.smtp } : {}),
        ...(config.legacyCis ? { legacy: { sha1: config.legacySha1, clients: config.legacyClients } } : {}),
        externalIssuers: live.externalIssuers,
      })
    : undefined;
  const askCis = cis
    ? inProcess(cis.routes, { ...cis, name: 'cis', log: log('cis'), observer })
    : askOver(urls.cis);
  const personSource = createPersonSource(askCis, cisSecrets.authorisation);
  const cis2Provider = {
    issuer: cis2Issuer,
    authorizeUrl: `${cis2Issuer}/authorize`,
    tokenUrl: `${cis2Issuer}/access_token`,
    userinfoUrl: `${cis2Issuer}/userinfo`,
    jwksUrl: `${cis2Issuer}/connect/jwk_uri`,
    ...platformClient,
    clientSecret: platformSecret,
    providerName: 'nhs-cis2' as const,
    sendNonceAndPkce: true,
  };

  const cis2 = config.only.includes('cis2')
    ? createCis2({
        ...shared,
        ...registrations,
        singleUse,
        keys: keys.cis2,
        vault,
        log: log('cis2'),
        issuer: cis2Issuer,
        cis: { url: urls.cis, secret: cisSecrets.cis2, ask: askCis },
        cisSecret: secret('cis', 'cis2'),
        faults,
        audit,
        consoleSecret: secret('console', 'cis2'),
        selfService: config.selfService,
        webAuthn: webAuthnSettings(config),
        ...signInSettings(config),
        clientAuthorities,
        clientRevocations,
        networkLimits: config.networkLimits,
        mutualTlsUrl: mutualTls.cis2,
        dpopNonces: config.dpopNonceAtCis2,
        dynamicRegistration: config.dynamicRegistration,
        afterSignOut: config.afterSignOut,
        signOutWithoutSession: config.signOutWithoutSession,
        idleSignOut: !config.keepIdleSessions,
        assuranceAsNumbers: config.assuranceAsNumbers,
        forgeRockClaims: !config.plainIdTokens,
        platformLogout: `${urls.api}/oauth2/backchannel_logout`,
        platformClientId: platformClient.clientId,
        agentUrl: urls.identityAgent,
      })
    : undefined;

  const asService = (name: ServiceName, service: Service) =>
    faults ? withOutages(name, service, faults) : service;
  const refusals = { refusals: core.refusals, development };
  const cis2Here = cis2 && {
    origin: urls.cis2,
    ask: inProcess(asService('cis2', cis2).routes, { name: 'cis2', log: log('cis2'), observer, ...refusals }),
  };

  const agent = config.only.includes('identity-agent')
    ? await createIdentityAgent({
        clock,
        recorder,
        flush: () => recorder.flush(),
        log: log('identity-agent'),
        dataFolder: join(folder, 'identity-agent'),
        socketPath: agentSocket,
        url: urls.identityAgent,
        cisUrl: urls.cis,
        cis2: {
          issuer: cis2Issuer,
          jwksUrl: cis2Provider.jwksUrl,
          exchangeUrl: `${urls.cis2}/agent/exchange`,
        },
        development,
        generation: config.generation,
        mode: config.agentMode,
        requireRole: config.agentRequireRole,
        fetchTransport: config.agentFetchTransport,
        legacyTickets: config.legacyCis,
        checkPeerUser: !config.anyLocalUser,
        cardIssuerSecret: cisSecrets.cardIssuer,
        here: cis2Here,
      })
    : undefined;

  const mock = createMockSurface({
    ...shared,
    ...registrations,
    singleUse,
    keys: keys.mock,
    log: log('mock'),
    cis: { url: urls.cis, secret: cisSecrets.cis2 },
    statusApiKey,
    networkLimits: config.networkLimits,
    claimsOf: mockClaimsOf,
  });

  const upstreams = upstreamsOf(config, { ...cis2Provider, here: cis2Here });
  const options = config.basePathOptions;
  const authorisation = () =>
    createAuthorisation({
      ...shared,
      ...registrations,
      singleUse,
      keys: keys.authorisation,
      vault,
      log: log('authorisation'),
      audit,
      statusApiKey,
      personSource,
      ...(development
        ? {
            userinfoSource: async (uid: string) => {
              const person = await personSource(uid);
              return person && mockClaimsOf(person).userinfo;
            },
          }
        : {}),
      roleSource: async (uid) => (await personSource(uid))?.roles.map(({ roleId }) => roleId),
      consoleSecret: secret('console', 'authorisation'),
      clientAuthorities,
      clientRevocations,
      mutualTlsUrl: mutualTls.api,
      networkLimits: config.networkLimits,
      bases: [
        {
          path: '/oauth2',
          profile: 'nhs',
          environment: 'local',
          ...(development ? { nhsLogin: mockNhsLogin(urls) } : {}),
          ...upstreams,
          options: options['/oauth2'],
          limits: config.apiLimits.oauth2,
        },
        ...(development
          ? [
              {
                ...mockBasePath(urls, undefined, options['/oauth2-mock']),
                limits: config.apiLimits['oauth2-mock'],
              },
            ]
          : []),
        {
          path: '/oauth2.1',
          profile: 'standard',
          environment: 'local',
          ...upstreams,
          options: options['/oauth2.1'],
          limits: config.apiLimits['oauth2.1'],
        },
      ],
    });
  const gateway = () =>
    createGateway({
      ...shared,
      ...registrations,
      log: log('gateway'),
      refusals: core.refusals,
      audit,
      statusApiKey,
      people: { issuer: cis2Issuer, find: createPeopleNow(personSource) },
      mutualTlsUrl: mutualTls.api,
      networkLimits: config.networkLimits,
      vault,
      faults,
      ...(config.dpopNonceAtGateway ? { proofNonces: new ProofNonces(vault, clock, 'gateway') } : {}),
      options: {
        legacyDefaultMode: config.legacyDefaultMode,
        requireAsid: config.requireAsid,
        apiLimits: config.apiLimits,
        cors: config.corsAtGateway,
        sandbox: development && config.sandbox,
      },
    });
  const personName = async (uid: string) => {
    const person = await personSource(uid);
    return person && [person.title, person.givenName, person.familyName].filter(Boolean).join(' ');
  };
  const roleName = async (uid: string, roleId: string) => {
    const role = (await personSource(uid))?.roles.find((held) => held.roleId === roleId);
    // "Clinical":"Medical":"General Medical Practitioner"
    const name = role?.roleName.split(':').at(-1)?.replaceAll('"', '');
    return role && `${name} at ${role.orgCode}`;
  };
  const applicationName = async (id: string) => (await applications.get(id))?.name;
  const keepAll = async () => {
    // Events first, because some are messages themselves.
    await recorder.keep();
    await core.journeys.keep();
  };
  const names = new Names({ database, log: log('console'), personName, roleName, applicationName });
  const console_ = () =>
    createConsole({
      ...shared,
      ...registrations,
      settings,
      audit,
      events: core.events,
      journeys: new StoredJourneys({
        ...{ clock, database, events: core.events, recorder: { keep: keepAll }, names, development },
        captured: core.captured,
      }),
      refusals: core.refusals,
      listenEvents(listener) {
        const stops = [recorder.listen(listener), core.journeys.listen(listener)];
        return () => {
          for (const stop of stops) stop();
        };
      },
      keys,
      log: log('console'),
      figures,
      networkLimits: config.networkLimits,
      cis2Issuer,
      version,
      cis: { url: urls.cis, secret: cisSecrets.console },
      authorisation: { url: urls.api, secret: secret('console', 'authorisation') },
      cis2: { url: urls.cis2, secret: secret('console', 'cis2') },
      agentSocket,
      apis: new ApiRegister({ database, products, vault }),
      // The key sets of the mock are an API too.
      platformApis: [...authorisationApis, 'mock-jwks'],
      namedFaults,
      ...(development ? { realmKeys, citizens } : { operatorHash }),
      patients: patientRegister(core.database),
      reset,
      allowedHosts: [new URL(urls.console).host, `localhost:${ports.console}`, `127.0.0.1:${ports.console}`],
      peerUser: peerUserOf(`http://localhost:${ports.console}`, !config.anyLocalUser),
    });
  const sample = () =>
    createSample({
      clock,
      log: log('sample'),
      origin: urls.sample,
      api: urls.api,
      cis2Issuer,
      console: urls.console,
      development,
      ...demoCredentials(urls),
    });

  type Places = Omit<Placement, 'log'>[];
  const places: Record<ServiceName, () => Places | Promise<Places>> = {
    cis: () => (cis ? [{ listener: 'cis', service: cis }] : []),
    cis2: () => [
      ...(cis2 ? [{ listener: 'cis2' as const, service: cis2 }] : []),
      { listener: 'cis2', service: mock.cis2 },
    ],
    authorisation: () => [{ listener: 'api', service: authorisation() }],
    gateway: async () => [
      { listener: 'api', service: await gateway() },
      { listener: 'api', service: mock.api },
    ],
    'identity-agent': () => (agent ? [{ listener: 'identityAgent', service: agent.service }] : []),
    console: () => [{ listener: 'console', service: console_() }],
    sample: () => [{ listener: 'sample', service: sample() }],
  };
  return {
    placements: (
      await Promise.all(
        config.only.map(async (name) =>
          (
            await places[name]()
          ).map(({ listener, service }) => ({
            listener,
            service: asService(name, service),
            log: log(name),
          })),
        ),
      )
    ).flat(),
    resetAgent: async () => agent?.reset(),
  };
}
