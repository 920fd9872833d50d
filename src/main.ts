import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@alongside/kernel/clock';
import { callDirectly } from '@alongside/kernel/direct-calls';
import { reasonOf } from '@alongside/kernel/errors';
import type { Keeping } from '@alongside/kernel/events';
import { EventLoopWatch } from '@alongside/kernel/health';
import type { Listener } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { createLineLog, createLog, type Log, type LogLevel, requestLog } from '@alongside/kernel/log';
import { Metrics, type Sample } from '@alongside/kernel/metrics';
import { ConfigurationError } from '@alongside/kernel/operator';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import { apisProblem, choosePorts, mutualTlsUrls, type Ports, publicUrls } from './boot/addresses.ts';
import { createCore } from './boot/core.ts';
import { agentSocketPath, auditHeadsFile, openDataFolder, requireVolume } from './boot/data-folder.ts';
import { type Placement, startListeners } from './boot/listeners.ts';
import { countedSamples, figuresOf, gaugeReadings, readGauges } from './boot/metrics/gauges.ts';
import { metricsPortOf, startMetricsListener } from './boot/metrics/listener.ts';
import {
  allOf,
  measuredDatabase,
  measureOutboundCalls,
  notableActs,
  RequestMetrics,
} from './boot/metrics/requests.ts';
import { series } from './boot/metrics/series.ts';
import { ensureOwnCertificate, withOwnCertificate } from './boot/own-certificate.ts';
import { checkProduction } from './boot/production.ts';
import { createReadiness } from './boot/readiness.ts';
import { RegularWork } from './boot/regular-work.ts';
import { Reloads } from './boot/reload.ts';
import { LiveProxies, openLiveSettings, reloadableParts } from './boot/reloadables.ts';
import { Shutdown } from './boot/shutdown.ts';
import { SigningToken } from './boot/signing/token.ts';
import { deleteCertificates, deleteHistory, openStorage } from './boot/storage.ts';
import { openTheme } from './boot/theme.ts';
import { openTls, trustAuthority } from './boot/tls.ts';
import { startTracing } from './boot/tracing.ts';
import * as directory from './cis/directory/seed.ts';
import { resetCredentials, seedCredentials } from './cis2/authenticators/seed.ts';
import { compose } from './composition.ts';
import { type Config, productionServices } from './config.ts';
import type { StoredPart } from './console/model/dependencies.ts';
import { resetDefinitions, resetPatients, seedPatients } from './gateway/index.ts';
import { AddedCitizens, RealmKeys } from './mock/index.ts';
import {
  platformClient,
  registerPlatform,
  resetRegistrations,
  seedRegistrations,
  signingClient,
} from './seed/registrations.ts';
import { realmPath } from './service.ts';
import { claimStateFile, removeStateFile, type StateFile, writeStateFile } from './state-file.ts';
import type { AuditOptions } from './storage/audit.ts';
import type { Database } from './storage/database.ts';
import { Leases } from './storage/leases.ts';
import { pendingMessages } from './storage/outbox.ts';
import { version } from './version.ts';

/** What one of several processes gets from the one that started them, which also has the state file and the listener of the metrics. */
export interface Supervision {
  ports: Ports;
  /** The access token of local commands. */
  operatorToken: string;
  beforeListening(): Promise<void>;
  /** Returns what the other processes have counted, for the console. */
  samplesElsewhere(): Promise<readonly Sample[]>;
}

interface StartOptions {
  development: boolean;
  /** Undefined for the only process of the installation on this machine. */
  supervision?: Supervision | undefined;
}

export interface Instance {
  state: StateFile;
  listeners: readonly Listener[];
  /**
   * Stops it in order.
   * @param drainDelay instead of the configured one
   * @param isReplaced whether others go on serving at the same ports, so that the installation stays ready
   */
  stop(drainDelay?: number, options?: { isReplaced?: boolean }): Promise<void>;
  /** Returns the metrics in the plain format; undefined without metrics. */
  scrape(): Promise<string | undefined>;
  /** Returns what this process has counted, for the console of another. */
  samples(): Promise<readonly Sample[]>;
  /** Applies a changed configuration, or nothing of it if it is invalid. Resolves with whether it was applied. */
  reload(load: () => Config): Promise<boolean>;
}

/** Load balancers call these each second. */
const polledRoutes: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Milliseconds between checks of the files of certificates. */
const checkFilesEvery = 60_000;

/** Only a process that handles all requests on SQLite has the events of its journeys alone. */
function eventKeeping({ only, logLevel, processes = 1 }: Config, { dialect }: Database): Keeping {
  const log = createLog(logLevel, 'events');
  return {
    gather: 20,
    alone: processes === 1 && dialect === 'sqlite' && productionServices.every((name) => only.includes(name)),
    onLost: (error) => log.error({ detail: reasonOf(error) }, 'events could not be stored'),
  };
}

/** Production logs anchors at every level, because they are compared with shipped logs. Developers do not need them. */
function auditOptions({ auditRetention, logLevel }: Config, development: boolean): AuditOptions {
  const log = createLog(logLevel, 'audit');
  const anchorLog: Log = development ? { ...log, info: log.debug } : createLog('info', 'audit');
  return { log, anchorLog, retentionDays: auditRetention };
}

/** Chooses ports and addresses, which this process calls without a proxy. */
async function openAddresses(config: Config, { development, supervision }: StartOptions, shutdown: Shutdown) {
  const { ports, held, release } = supervision
    ? { ports: supervision.ports, held: false, release: () => undefined }
    : await choosePorts(config.portBase);
  shutdown.add(release);
  const urls = publicUrls(config, ports, development);
  callDirectly(Object.values(urls));
  const problem = apisProblem(urls);
  if (problem !== undefined) throw new ConfigurationError(problem);
  return { ports, held, release, urls, mutualTls: mutualTlsUrls(config, ports, urls) };
}

/** Returns the secrets of our own services as clients of CIS2. */
const clientSecretsOf = (vault: Vault, development: boolean) => ({
  platform: development ? platformClient.clientSecret : vault.serviceSecret('authorisation', 'cis2'),
  signing: development ? signingClient.clientSecret : vault.serviceSecret('signing', 'cis2'),
});

/** Opens the parts below the services: data folder, ports, addresses, logs, storage, traces and the signing token. */
async function openGround(given: Config, options: StartOptions, shutdown: Shutdown) {
  const { development, supervision } = options;
  if (given.dataVolume) requireVolume(given.data);
  const folder = openDataFolder(given.data, given.ephemeral);
  shutdown.add(() => folder.discard());
  const complete = (wanted: Config) => (development ? withOwnCertificate(wanted, folder.path) : wanted);
  const config = complete(given);
  const stateFile = config.state ?? join(folder.path, 'state.json');
  const stateFileIsOurs = !supervision && (await claimStateFile(stateFile, config.only.includes('console')));
  const addresses = await openAddresses(config, options, shutdown);
  const { urls, mutualTls } = addresses;
  if (config.tls && development)
    await ensureOwnCertificate(config, urls, systemClock.now(), given.tlsAuthority);
  const tls = openTls(config);
  trustAuthority(config.tlsAuthority)();
  const checkSafe = (wanted: Config) => {
    if (development) return;
    const plan = { config: wanted, urls, mutualTls, folder: folder.path, tls: openTls(wanted) };
    checkProduction({ ...plan, now: systemClock.now() });
  };
  checkSafe(config);
  const logLevel: LogLevel = { current: config.logLevel };
  const log = createLog(logLevel, 'alongside');
  const metricsPort = metricsPortOf(config, development);
  const metrics = metricsPort ? await Metrics.open(series, log) : undefined;
  const storage = await openStorage(config, folder.path, development ? 'development' : 'production', (line) =>
    log.info({}, line),
  );
  const database = metrics ? measuredDatabase(storage.database, metrics) : storage.database;
  shutdown.add(() => database.close());
  const tracing = await startTracing(config, log);
  if (tracing) shutdown.add(() => tracing.stop());
  const token = await SigningToken.open(config);
  shutdown.add(() => token?.close());
  return {
    config,
    complete,
    development,
    folder: folder.path,
    stateFile,
    stateFileIsOurs,
    ...addresses,
    tls,
    checkSafe,
    logLevel,
    log,
    metricsPort,
    metrics,
    database,
    tracing,
    token,
    vault: storage.vault,
    proxies: new LiveProxies(config.trustedProxies),
    theme: openTheme(config.theme),
    agentSocket: agentSocketPath(addresses.ports.identityAgent),
    clientSecrets: clientSecretsOf(storage.vault, development),
  };
}

type Ground = Awaited<ReturnType<typeof openGround>>;

/** A damaged page fails only the requests that read it, so every start reads all pages, beside its other work. */
async function reportDamage(database: Database, log: Log): Promise<void> {
  try {
    const damage = await database.checkPages();
    if (damage !== undefined) log.error({ detail: damage }, 'the database is damaged');
  } catch (error) {
    log.warn({ detail: reasonOf(error) }, 'the pages of the database could not be checked');
  }
}

/** Opens the parts that the services share, and the check of readiness. */
async function openShared(ground: Ground, shutdown: Shutdown) {
  const { config, development, database, vault, token, urls, folder, log } = ground;
  const core = await createCore(database, vault, {
    development,
    captures: development && config.captureMessages !== false,
    urls,
    platform: platformClient.clientId,
    cis2Kids: config.base64Kids ? 'base64' : 'urlSafe',
    ...(token ? { token } : {}),
    events: eventKeeping(config, database),
    audit: { ...auditOptions(config, development), headsFile: auditHeadsFile(folder) },
    log,
  });
  /** Waits for background work while listeners still serve it, and ends what takes too long. */
  const settleBackground = async () => {
    const left = await core.background.settled();
    if (left === 0) return;
    await core.background.end();
    const messages = await pendingMessages(database).catch(() => undefined);
    log.warn({ left, messages }, 'some background work did not finish; the next start continues it');
  };
  shutdown.add(async () => {
    core.stop();
    // The last requests may have started more work. Work that did not finish in time is not awaited again.
    if (!core.background.ending.aborted) await core.background.settled();
    await core.background.end();
    await core.recorder.keep();
    await core.journeys.keep();
    await core.audit.close();
    await core.refusals.keep().catch(() => undefined);
  });
  if (!config.ephemeral) void reportDamage(database, log);
  const eventLoop = new EventLoopWatch();
  eventLoop.start();
  shutdown.add(() => eventLoop.stop());
  return {
    core,
    settleBackground,
    eventLoop,
    readiness: createReadiness({ config, core, vault, folder, eventLoop, log }),
    realmKeys: new RealmKeys(database),
    citizens: new AddedCitizens(database),
  };
}

type Shared = Awaited<ReturnType<typeof openShared>>;

/** Follows the requests: journeys, traces, log and metrics. */
const observerOf = ({ config, tracing, logLevel, metrics }: Ground, { core }: Shared) =>
  allOf([
    // First, because it may decide the journey that the log names.
    core.journeys,
    ...(tracing ? [tracing.observer] : []),
    requestLog({
      logOf: (name) => createLineLog(logLevel, name),
      logsAll: config.logRequests,
      notable: notableActs,
      polled: polledRoutes,
    }),
    ...(metrics ? [new RequestMetrics(metrics)] : []),
  ]);

/** Restores these parts of the seed. */
async function reset(
  parts: readonly StoredPart[],
  { database, vault, urls }: Ground,
  { core, citizens, realmKeys }: Shared,
  resetAgent: () => Promise<void>,
): Promise<void> {
  const isPart = (part: StoredPart) => parts.includes(part);
  if (isPart('history')) {
    await core.recorder.keep();
    await core.journeys.keep();
    await deleteHistory(database);
  }
  if (isPart('people')) {
    await deleteCertificates(database);
    await directory.reset(database);
    await resetCredentials({ database, vault, clock: core.clock });
    await resetAgent();
    await citizens.clear();
  }
  if (isPart('applications')) {
    await resetRegistrations({ ...core, urls });
    await realmKeys.clear();
  }
  if (isPart('apis')) await resetDefinitions(database);
  if (isPart('patients')) await resetPatients(database);
}

/** Stores the data of a development installation; in production, only the registrations of its own services at CIS2. */
async function seed(
  { development, database, vault, urls, clientSecrets }: Ground,
  { core }: Shared,
): Promise<void> {
  if (!development) return await registerPlatform({ ...core, urls }, clientSecrets);
  await directory.seed(database);
  await seedRegistrations({ ...core, urls });
  await seedCredentials({ database, vault, clock: core.clock });
  await seedPatients(database);
}

/** Starts the services behind their listeners, then the regular work of all. */
async function startServices(
  placements: readonly Placement[],
  { listeners, completed }: { listeners: readonly Listener[]; completed: Map<string, number> },
  { database, log, release }: Ground,
  { core, settleBackground }: Shared,
  shutdown: Shutdown,
): Promise<void> {
  shutdown.add(() => Promise.all(listeners.map((listener) => listener.close())));
  await release();
  // Before the listeners close, because background work may call them.
  shutdown.add(settleBackground);
  for (const { service } of placements) {
    shutdown.add(() => service.stop?.());
    await service.start?.();
  }
  const work = new RegularWork(
    {
      ...core,
      log,
      leases: new Leases(database, core.clock),
      completed,
    },
    [...core.regularWork, ...placements.flatMap(({ service }) => service.regularWork ?? [])],
  );
  shutdown.add(() => work.stop());
  work.start();
}

/** Starts the listener of the metrics and returns its address; null without metrics. */
async function startMetrics(
  { config, metrics, metricsPort, log }: Ground,
  readings: ReturnType<typeof gaugeReadings>,
  supervision: Supervision | undefined,
  shutdown: Shutdown,
): Promise<string | null> {
  if (!metrics || !metricsPort) return null;
  shutdown.add(measureOutboundCalls(metrics));
  readGauges(metrics, readings);
  if (supervision) return null;
  const started = await startMetricsListener(metrics, metricsPort, { host: config.metricsHost, log });
  shutdown.add(() => started.listener.close());
  return started.url;
}

/** Returns the entry of this instance in the state file. */
const stateOf = (
  { config, urls, database, ports, agentSocket, stateFile }: Ground,
  metrics: string | null,
): StateFile => ({
  version,
  urls: {
    console: urls.console,
    api: urls.api,
    apis: urls.apis,
    cis2Issuer: `${urls.cis2}${realmPath}`,
    identityAgent: urls.identityAgent,
    cis: urls.cis,
    sample: urls.sample,
  },
  database: database.description,
  pid: process.pid,
  portBase: ports.console,
  ports,
  agentSocket: config.only.includes('identity-agent') ? agentSocket : null,
  metrics,
  tlsAuthority: config.tlsAuthority === undefined ? null : resolve(config.tlsAuthority),
  trustedProxies: config.trustedProxies,
  stateFile,
});

/** Starts the listeners of all services. */
const listen = (
  placements: readonly Placement[],
  ground: Ground,
  { core, readiness }: Shared,
  observer: ReturnType<typeof observerOf>,
): Promise<Listener[]> =>
  startListeners(placements, {
    ports: ground.ports,
    held: ground.held,
    host: ground.config.host,
    consoleHost: ground.config.consoleHost,
    development: ground.development,
    recorder: core.recorder,
    refusals: core.refusals,
    observer,
    readiness,
    proxies: ground.proxies,
    tls: ground.tls,
    theme: ground.theme,
    urls: {
      ...ground.urls,
      apiMutualTls: ground.mutualTls.api,
      apisMutualTls: ground.mutualTls.apis,
      cis2MutualTls: ground.mutualTls.cis2,
    },
  });

async function start(given: Config, options: StartOptions, shutdown: Shutdown): Promise<Instance> {
  const { development, supervision } = options;
  const ground = await openGround(given, options, shutdown);
  const shared = await openShared(ground, shutdown);
  const { config, ports, logLevel, log, proxies } = ground;
  const { core, readiness } = shared;
  const observer = observerOf(ground, shared);
  const live = await openLiveSettings(config, core.clock, createLog(logLevel, 'mutual-tls'));
  const completed = new Map<string, number>();
  const readings = gaugeReadings({ ...shared, config, live, completed });
  const operatorToken = supervision?.operatorToken ?? randomToken();
  const { placements, resetAgent } = await compose({
    ...ground,
    ...shared,
    live,
    observer,
    figures: figuresOf(readings, ground.metrics, supervision?.samplesElsewhere),
    operatorHash: sha256(operatorToken),
    reset: (parts) => reset(parts, ground, shared, resetAgent),
  });
  await seed(ground, shared);

  await supervision?.beforeListening();
  const listeners = await listen(placements, ground, shared, observer);
  await startServices(placements, { listeners, completed }, ground, shared, shutdown);
  const metricsUrl = await startMetrics(ground, readings, supervision, shutdown);

  const reloads = new Reloads(config, { log, check: ground.checkSafe });
  for (const part of reloadableParts(config, { live, logLevel, proxies, listeners })) reloads.add(part);
  const fileChecks = setInterval(() => reloads.checkFiles(), checkFilesEvery).unref();
  shutdown.add(() => clearInterval(fileChecks));

  const state = stateOf(ground, metricsUrl);
  const operator = { url: `http://127.0.0.1:${ports.console}`, token: operatorToken };
  if (ground.stateFileIsOurs)
    writeStateFile({ ...state, ...(development || !config.only.includes('console') ? {} : { operator }) });
  shutdown.add(() => removeStateFile(state));
  // First, so that load balancers notice while every request is still served.
  let { drainDelay } = config;
  let isReplaced = false;
  shutdown.add(async () => {
    if (!isReplaced) readiness.drain();
    for (const listener of listeners) listener.drain();
    await sleep(drainDelay * 1000);
  });
  const { metrics } = ground;
  return {
    state,
    listeners,
    stop(seconds = drainDelay, stopOptions = {}) {
      drainDelay = seconds;
      isReplaced = stopOptions.isReplaced ?? false;
      return shutdown.run();
    },
    scrape: async () => (await metrics?.scrape())?.body,
    samples: async () => (metrics ? await countedSamples(metrics) : []),
    reload: (load) => reloads.reload(() => ground.complete(load())),
  };
}

/** Builds and starts the configured instance: storage, keys, services, listeners. */
export async function startAlongside(config: Config, options: StartOptions): Promise<Instance> {
  const shutdown = new Shutdown();
  try {
    return await start(config, options, shutdown);
  } catch (error) {
    // Otherwise the parts that were started would keep the process running.
    await shutdown.run().catch(() => undefined);
    throw error;
  }
}
