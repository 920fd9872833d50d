import { join } from 'node:path';
import type { RequestObserver } from '@alongside/kernel/activity';
import { type Ask, inProcess } from '@alongside/kernel/in-process';
import type { KeyToken } from '@alongside/kernel/key-pairs';
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
import { createIdTokenSource } from './boot/minted-id-token.ts';
import { outages, withOutages } from './boot/outages.ts';
import {
  createPeopleNow,
  createPeopleSearch,
  createPersonSource,
  mockClaimsOf,
  namesOf,
  type PersonSource,
} from './boot/people.ts';
import type { LiveSettings } from './boot/reloadables.ts';
import { signInSettings, webAuthnSettings } from './boot/sign-in-settings.ts';
import { providerAt, upstreamsOf } from './boot/upstreams.ts';
import { createCis } from './cis/index.ts';
import type { CisReads } from './cis/protocol.ts';
import { cis2Faults } from './cis2/faults/registry.ts';
import { createCis2 } from './cis2/index.ts';
import { healthcareRealm } from './cis2/realms/realm.ts';
import { authorisationApis, type Config, type ServiceName } from './config.ts';
import { createConsole } from './console/index.ts';
import type { StoredPart } from './console/model/dependencies.ts';
import {
  ApiRegister,
  apiResources,
  createGateway,
  patientRegister,
  pdsFaults,
  statusKeyOf,
} from './gateway/index.ts';
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
import { demoCredentials, platformClient, signingClient } from './seed/registrations.ts';
import { realmPath, type Service, type Urls } from './service.ts';
import { createSigning, type SigningService, signingFaults } from './signing/index.ts';
import { Faults, type NamedFault } from './storage/faults.ts';
import type { Refusals } from './storage/refusals.ts';
import { version } from './version.ts';

/** The faults that developers can inject: console, commands and documentation list these. */
export const namedFaults: readonly NamedFault[] = [...cis2Faults, ...pdsFaults, ...signingFaults, ...outages];

/** Inputs for building the services. */
export interface Materials {
  config: Config;
  development: boolean;
  core: Core;
  vault: Vault;
  /** Creates the signing keys of production. */
  token?: KeyToken | undefined;
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
  /** Secrets of the API platform and its signing service as clients of this CIS2. */
  clientSecrets: { platform: string; signing: string };
}

/** The requested services with their listeners. */
export interface Composition {
  placements: Placement[];
  /** Restores the seed of this process's agent, if any. */
  resetAgent(): Promise<void>;
}

/** Returns the materials with the parts that several services share. */
async function wiringOf(materials: Materials) {
  const { config, core, development, vault, urls, logLevel, observer, clientSecrets } = materials;
  const { clock, database, recorder, background, singleUse, audit } = core;
  const { applications, products, developers, tokens } = core;
  const { networkLimits } = config;
  const secret = (from: string, to: string) => vault.serviceSecret(from, to);
  const log = (name: string) => createLog(logLevel, name);
  const faults = development ? new Faults(core.settings) : undefined;
  return {
    ...materials,
    shared: { clock, database, recorder, background, singleUse, audit, networkLimits, urls, development },
    registrations: { applications, products, developers, tokens },
    secret,
    log,
    faults,
    statusApiKey: config.statusApiKey ?? (await statusKeyOf(database)),
    cisSecrets: {
      cis2: secret('cis2', 'cis'),
      console: secret('console', 'cis'),
      authorisation: secret('authorisation', 'cis'),
      cardIssuer: secret('card-issuer', 'cis'),
      signing: secret('signing', 'cis'),
    },
    cis2Provider: providerAt(`${urls.cis2}${realmPath}`, {
      ...platformClient,
      clientSecret: clientSecrets.platform,
    }),
    asService: (name: ServiceName, service: Service) =>
      faults ? withOutages(name, service, faults) : service,
    /** Calls a service of this process without a socket. */
    calling: (name: ServiceName, service: Service, refusals?: { refusals: Refusals; development: boolean }) =>
      inProcess(service.routes, { ...service, name, log: log(name), observer, ...refusals }),
  };
}

type Wiring = Awaited<ReturnType<typeof wiringOf>>;

const cisOf = ({ config, core, shared, vault, live, log, urls, secret, cisSecrets, development }: Wiring) =>
  createCis({
    ...shared,
    settings: core.settings,
    keys: core.keys.cis,
    vault,
    log: log('cis'),
    allowVirtualCards: development,
    selfService: config.selfService,
    subscribers: [{ name: 'cis2', url: urls.cis2, secret: secret('cis', 'cis2') }],
    serviceSecrets: cisSecrets,
    ...(live.smtp ? { smtp: live.smtp } : {}),
    ...(config.legacyCis ? { legacy: { sha1: config.legacySha1, clients: config.legacyClients } } : {}),
    externalIssuers: live.externalIssuers,
  });

const cis2Of = (wiring: Wiring, askCis: Ask, reads: CisReads | undefined) => {
  const { config, core, shared, registrations, vault, live, log, urls, secret, cisSecrets } = wiring;
  return createCis2({
    ...shared,
    ...registrations,
    keys: core.keys.cis2,
    vault,
    log: log('cis2'),
    issuer: wiring.cis2Provider.issuer,
    cis: { url: urls.cis, secret: cisSecrets.cis2, ask: askCis, reads },
    cisSecret: secret('cis', 'cis2'),
    faults: wiring.faults,
    consoleSecret: secret('console', 'cis2'),
    selfService: config.selfService,
    webAuthn: webAuthnSettings(config),
    ...signInSettings(config),
    clientAuthorities: live.clientAuthorities,
    clientRevocations: live.clientRevocations,
    mutualTlsUrl: wiring.mutualTls.cis2,
    dpopNonces: config.dpopNonceAtCis2,
    dynamicRegistration: config.dynamicRegistration,
    afterSignOut: config.afterSignOut,
    confirmNative: config.confirmNative,
    signOutWithoutSession: config.signOutWithoutSession,
    idleSignOut: !config.keepIdleSessions,
    assuranceAsNumbers: config.assuranceAsNumbers,
    forgeRockClaims: !config.plainIdTokens,
    platformLogout: `${urls.api}/oauth2/backchannel_logout`,
    platformClientId: platformClient.clientId,
    signingClientId: signingClient.clientId,
    agentUrl: urls.identityAgent,
  });
};

/** A CIS2 in this process, called without a socket. */
type Cis2Here = { origin: string; ask: Ask } | undefined;

const agentOf = (wiring: Wiring, here: Cis2Here) => {
  const { config, core, urls, cis2Provider } = wiring;
  return createIdentityAgent({
    clock: core.clock,
    recorder: core.recorder,
    flush: () => core.recorder.flush(),
    log: wiring.log('identity-agent'),
    dataFolder: join(wiring.folder, 'identity-agent'),
    socketPath: wiring.agentSocket,
    url: urls.identityAgent,
    cisUrl: urls.cis,
    cis2: {
      issuer: cis2Provider.issuer,
      jwksUrl: cis2Provider.jwksUrl,
      exchangeUrl: `${urls.cis2}/agent/exchange`,
    },
    development: wiring.development,
    generation: config.generation,
    mode: config.agentMode,
    requireRole: config.agentRequireRole,
    fetchTransport: config.agentFetchTransport,
    credentialManagement: config.credentialManagement,
    credentialManagementOrigin: config.credentialManagementOrigin,
    consoleRefusals: core.refusals,
    legacyTickets: config.legacyCis,
    checkPeerUser: !config.anyLocalUser,
    cardIssuerSecret: wiring.cisSecrets.cardIssuer,
    here,
  });
};

const mockOf = ({ core, shared, registrations, log, urls, cisSecrets, statusApiKey }: Wiring) =>
  createMockSurface({
    ...shared,
    ...registrations,
    keys: core.keys.mock,
    log: log('mock'),
    cis: { url: urls.cis, secret: cisSecrets.cis2 },
    statusApiKey,
    claimsOf: mockClaimsOf,
  });

/** Returns the base paths of the platform's authorization server. */
function basesOf({ config, development, urls, cis2Provider }: Wiring, here: Cis2Here) {
  const upstreams = { cis2: { ...cis2Provider, here }, ...upstreamsOf(config) };
  const { basePathOptions: options, apiLimits: limits } = config;
  const environment = 'local';
  const mock = { ...mockBasePath(urls, options['/oauth2-mock']), limits: limits['oauth2-mock'] };
  return [
    {
      path: '/oauth2',
      profile: 'nhs' as const,
      environment,
      ...(development ? { nhsLogin: mockNhsLogin(urls) } : {}),
      ...upstreams,
      options: options['/oauth2'],
      limits: limits.oauth2,
    },
    ...(development ? [mock] : []),
    {
      path: '/oauth2.1',
      profile: 'standard' as const,
      environment,
      ...upstreams,
      options: options['/oauth2.1'],
      limits: limits['oauth2.1'],
    },
  ];
}

const idTokenSourceOf = ({ config, core, registrations, cis2Provider }: Wiring) =>
  createIdTokenSource(
    {
      issuer: cis2Provider.issuer,
      keys: core.keys.cis2,
      clock: core.clock,
      forgeRockClaims: !config.plainIdTokens,
      realmName: healthcareRealm.name,
      assuranceAsNumbers: config.assuranceAsNumbers,
    },
    registrations.applications,
    cis2Provider.clientId,
  );

const authorisationOf = (wiring: Wiring, personSource: PersonSource, here: Cis2Here) => {
  const { core, live, log } = wiring;
  const userinfoSource = async (uid: string) => {
    const person = await personSource(uid);
    return person && mockClaimsOf(person).userinfo;
  };
  return createAuthorisation({
    ...wiring.shared,
    ...wiring.registrations,
    keys: core.keys.authorisation,
    vault: wiring.vault,
    log: log('authorisation'),
    statusApiKey: wiring.statusApiKey,
    personSource,
    ...(wiring.development ? { userinfoSource, idTokenSource: idTokenSourceOf(wiring) } : {}),
    roleSource: async (uid) => (await personSource(uid))?.roles.map(({ roleId }) => roleId),
    consoleSecret: wiring.secret('console', 'authorisation'),
    clientAuthorities: live.clientAuthorities,
    clientRevocations: live.clientRevocations,
    mutualTlsUrl: wiring.mutualTls.api,
    apiResources: apiResources(core.database, wiring.urls),
    bases: basesOf(wiring, here),
  });
};

const signingOf = (wiring: Wiring, askCis: Ask, here: Cis2Here) =>
  createSigning({
    ...wiring.shared,
    ...wiring.registrations,
    vault: wiring.vault,
    token: wiring.token,
    log: wiring.log('signing'),
    cis2: {
      ...wiring.cis2Provider,
      ...signingClient,
      clientSecret: wiring.clientSecrets.signing,
      here,
      ...upstreamsOf(wiring.config).cis2,
    },
    cis: { ask: askCis, secret: wiring.cisSecrets.signing },
    faults: wiring.faults,
  });

const gatewayOf = (wiring: Wiring, personSource: PersonSource, signing: SigningService) => {
  const { config, core, vault } = wiring;
  return createGateway({
    ...wiring.shared,
    ...wiring.registrations,
    log: wiring.log('gateway'),
    refusals: core.refusals,
    statusApiKey: wiring.statusApiKey,
    people: { issuer: wiring.cis2Provider.issuer, find: createPeopleNow(personSource) },
    mutualTlsUrl: wiring.mutualTls.api,
    apisMutualTlsUrl: wiring.mutualTls.apis,
    vault,
    identitySigner: core.keys.authorisation,
    signing,
    faults: wiring.faults,
    ...(config.dpopNonceAtGateway ? { proofNonces: new ProofNonces(vault, core.clock, 'gateway') } : {}),
    options: {
      legacyDefaultMode: config.legacyDefaultMode,
      requireAsid: config.requireAsid,
      apiLimits: Object.fromEntries(
        Object.entries(config.apiLimits).filter(([name]) => !authorisationApis.includes(name)),
      ),
      cors: config.corsAtGateway,
      sandbox: wiring.development && config.sandbox,
    },
  });
};

const journeysOf = (
  { core, log, development, cisSecrets }: Wiring,
  personSource: PersonSource,
  askCis: Ask,
) => {
  const { clock, database, events, recorder, applications } = core;
  const applicationName = async (id: string) => (await applications.get(id))?.name;
  return new StoredJourneys({
    clock,
    database,
    events,
    development,
    captured: core.captured,
    names: new Names({
      database,
      log: log('console'),
      ...namesOf(personSource),
      applicationName,
      findPeople: createPeopleSearch(askCis, cisSecrets.console),
    }),
    recorder: {
      async keep() {
        // Events first, because some are messages themselves.
        await recorder.keep();
        await core.journeys.keep();
      },
      burstAt: (at) => core.journeys.burstAt(at),
    },
  });
};

const consoleOf = (wiring: Wiring, personSource: PersonSource, askCis: Ask) => {
  const { config, core, development, urls, ports, secret, cisSecrets } = wiring;
  const { database, recorder, keys } = core;
  return createConsole({
    ...wiring.shared,
    ...wiring.registrations,
    settings: core.settings,
    events: core.events,
    journeys: journeysOf(wiring, personSource, askCis),
    refusals: core.refusals,
    listenEvents(listener) {
      const stops = [recorder.listen(listener), core.journeys.listen(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    keys,
    log: wiring.log('console'),
    figures: wiring.figures,
    cis2Issuer: wiring.cis2Provider.issuer,
    version,
    cis: { url: urls.cis, secret: cisSecrets.console },
    authorisation: { url: urls.api, secret: secret('console', 'authorisation') },
    cis2: { url: urls.cis2, secret: secret('console', 'cis2') },
    agentSocket: wiring.agentSocket,
    apis: new ApiRegister({ database, products: core.products, vault: wiring.vault, urls }),
    // The key sets of the mock are an API too.
    platformApis: [...authorisationApis, 'mock-jwks'],
    namedFaults,
    ...(development
      ? { realmKeys: wiring.realmKeys, citizens: wiring.citizens }
      : { operatorHash: wiring.operatorHash }),
    patients: patientRegister(database),
    reset: wiring.reset,
    allowedHosts: [new URL(urls.console).host, `localhost:${ports.console}`, `127.0.0.1:${ports.console}`],
    peerUser: peerUserOf(`http://localhost:${ports.console}`, !config.anyLocalUser),
  });
};

const sampleOf = ({ core, urls, log, development, cis2Provider }: Wiring, personSource: PersonSource) =>
  createSample({
    clock: core.clock,
    log: log('sample'),
    origin: urls.sample,
    api: urls.api,
    cis2Issuer: cis2Provider.issuer,
    console: urls.console,
    development,
    roleNames: namesOf(personSource).roleNames,
    ...demoCredentials(urls),
  });

/**
 * Builds the configured services: first CIS, CIS2 and the agent, which others call without a socket where they run in this process, then
 * the others. Only this file and main.ts know all of them.
 */
export async function compose(materials: Materials): Promise<Composition> {
  const wiring = await wiringOf(materials);
  const { config, core, development, urls, log, asService, calling } = wiring;
  const runs = (name: ServiceName) => config.only.includes(name);
  const cis = runs('cis') ? cisOf(wiring) : undefined;
  const askCis = cis ? calling('cis', cis) : askOver(urls.cis);
  const personSource = cis?.reads.person ?? createPersonSource(askCis, wiring.cisSecrets.authorisation);
  const cis2 = runs('cis2') ? cis2Of(wiring, askCis, cis?.reads) : undefined;
  const refusals = { refusals: core.refusals, development };
  const cis2Here = cis2 && {
    origin: urls.cis2,
    ask: calling('cis2', { routes: asService('cis2', cis2).routes }, refusals),
  };
  const agent = runs('identity-agent') ? await agentOf(wiring, cis2Here) : undefined;
  const mock = mockOf(wiring);

  type Places = Omit<Placement, 'log'>[];
  const places: Record<ServiceName, () => Places | Promise<Places>> = {
    cis: () => (cis ? [{ listener: 'cis', service: cis }] : []),
    cis2: () => [
      ...(cis2 ? [{ listener: 'cis2' as const, service: cis2 }] : []),
      { listener: 'cis2', service: mock.cis2 },
    ],
    authorisation: () => [{ listener: 'api', service: authorisationOf(wiring, personSource, cis2Here) }],
    gateway: async () => {
      const signing = signingOf(wiring, askCis, cis2Here);
      const { apis, ...platform } = await gatewayOf(wiring, personSource, signing);
      return [
        { listener: 'api', service: platform },
        { listener: 'api', service: signing },
        { listener: 'api', service: mock.api },
        ...(apis ? [{ listener: 'apis' as const, service: apis }] : []),
      ];
    },
    'identity-agent': () => (agent ? [{ listener: 'identityAgent', service: agent.service }] : []),
    console: () => [{ listener: 'console', service: consoleOf(wiring, personSource, askCis) }],
    sample: () => [{ listener: 'sample', service: sampleOf(wiring, personSource) }],
  };
  const placed = await Promise.all(
    config.only.map(async (name) =>
      (await places[name]()).map(({ listener, service }) => ({
        listener,
        service: asService(name, service),
        log: log(name),
      })),
    ),
  );
  return { placements: placed.flat(), resetAgent: async () => agent?.reset() };
}
