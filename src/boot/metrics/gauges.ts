import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock } from '@alongside/kernel/clock';
import type { EventLoopWatch, Readiness } from '@alongside/kernel/health';
import { rotationSchedule } from '@alongside/kernel/keys';
import type { Metrics, Readings, Sample } from '@alongside/kernel/metrics';
import type { Config } from '../../config.ts';
import { readAuthorities } from '../../oauth/mutual-tls.ts';
import { type Database, sql } from '../../storage/database.ts';
import { release, version } from '../../version.ts';
import type { Core } from '../core.ts';
import type { LiveSettings } from '../reloadables.ts';
import type { Series } from './series.ts';

interface GaugeSources {
  config: Config;
  core: Pick<Core, 'database' | 'clock' | 'recorder' | 'keys'>;
  readiness: Pick<Readiness, 'names' | 'failed'>;
  eventLoop: Pick<EventLoopWatch, 'delay'>;
  live: Pick<LiveSettings, 'clientAuthorities' | 'clientRevocations'>;
  /** When this process last completed each regular task, in milliseconds. */
  completed: ReadonlyMap<string, number>;
}

const service = 'alongside';
const seconds = (milliseconds: number): number => milliseconds / 1000;

/** Returns the end of the validity of the certificate that ends first, in milliseconds; undefined without certificates. */
function firstEnd(certificates: readonly X509Certificate[]): number | undefined {
  const ends = certificates.map(({ validToDate }) => validToDate.getTime());
  return ends.length === 0 ? undefined : Math.min(...ends);
}

const certificatesIn = (file: string | undefined): X509Certificate[] =>
  file === undefined ? [] : readAuthorities(readFileSync(file, 'utf8'));

/** Returns the certificates that expire: the files as they are now, and those that a reload has read. */
function certificateEnds({ tlsCertificate, tlsAuthority }: Config, live: GaugeSources['live']) {
  const uses = {
    listener: tlsCertificate === undefined ? [] : [new X509Certificate(readFileSync(tlsCertificate))],
    'client-authority': live.clientAuthorities,
    authority: certificatesIn(tlsAuthority),
  };
  return Object.entries(uses).flatMap(([use, certificates]) => {
    const end = firstEnd(certificates);
    return end === undefined ? [] : [[{ service, use }, seconds(end)] as const];
  });
}

/** Returns when the last announced key of each algorithm stops signing: a successor moves it. */
async function keyEnds({ config, core }: GaugeSources) {
  const names = (['cis', 'cis2', 'authorisation'] as const).filter((name) => config.only.includes(name));
  const all = await Promise.all(
    names.map(async (name) => {
      const ends = new Map<string, number>();
      for (const { algorithm, signsFrom, signsUntil } of await core.keys[name].describe()) {
        const end = signsUntil ?? signsFrom + rotationSchedule.sign;
        ends.set(algorithm, Math.max(end, ends.get(algorithm) ?? 0));
      }
      return [...ends].map(([use, end]) => [{ service: name, use }, seconds(end)] as const);
    }),
  );
  return all.flat();
}

interface Queue {
  topic: string;
  depth: number;
  oldest: number;
}

const queues = (database: Database): Promise<Queue[]> =>
  database.all<{ topic: string; depth: number; oldest: number }>(
    sql(
      "SELECT topic, COUNT(*) AS depth, MIN(created_at) AS oldest FROM outbox WHERE state = 'pending' GROUP BY topic",
    ),
  );

/** Every gauge of the product, except those that count requests. */
type GaugeName = Exclude<
  { [N in keyof Series]: Series[N]['kind'] extends 'gauge' ? N : never }[keyof Series],
  'http_server_active_requests'
>;

export type GaugeReadings = {
  readonly [N in GaugeName]: () => Readings<Series, N> | Promise<Readings<Series, N>>;
};

/** Returns functions that read readiness, queues, connections, expiry and the clock. */
export function gaugeReadings(sources: GaugeSources): GaugeReadings {
  const { config, core, readiness, eventLoop, live, completed } = sources;
  const { database, clock, recorder } = core;
  return {
    alongside_build_info: () => [[{ version, commit: release.commitId, node: process.version }, 1]],
    alongside_clock_timestamp_seconds: () => [[{}, seconds(systemClock.now())]],
    alongside_event_loop_delay_seconds: () => [[{}, seconds(eventLoop.delay)]],
    async alongside_ready() {
      const failed = await readiness.failed();
      return readiness.names.map((check) => [{ service, check }, failed.includes(check) ? 0 : 1] as const);
    },
    alongside_db_pool: () =>
      Object.entries(database.pool?.() ?? {}).map(([state, count]) => [{ state }, count] as const),
    async alongside_queue_depth() {
      const unsealed = await database.get<{ depth: number }>(
        sql('SELECT COUNT(*) AS depth FROM audit_unsealed'),
      );
      return [
        ...(await queues(database)).map(({ topic, depth }) => [{ queue: topic }, Number(depth)] as const),
        [{ queue: 'events' }, recorder.waiting],
        [{ queue: 'audit' }, Number(unsealed?.depth ?? 0)],
      ];
    },
    alongside_queue_oldest_seconds: async () =>
      (await queues(database)).map(
        ({ topic, oldest }) => [{ queue: topic }, seconds(clock.now() - Number(oldest))] as const,
      ),
    alongside_signing_key_expiry_timestamp_seconds: () => keyEnds(sources),
    alongside_certificate_expiry_timestamp_seconds: () => certificateEnds(config, live),
    alongside_crl_expiry_timestamp_seconds() {
      const next = live.clientRevocations?.nextUpdate;
      return next === undefined ? [] : [[{ service, use: 'clients' }, seconds(next)]];
    },
    alongside_regular_work_timestamp_seconds: () =>
      [...completed].map(([task, at]) => [{ task }, seconds(at)] as const),
  };
}

const namesOf = (readings: GaugeReadings) => Object.keys(readings) as GaugeName[];

/** Makes every scrape read these gauges. */
export function readGauges(metrics: Metrics<Series>, readings: GaugeReadings): void {
  const read = <N extends GaugeName>(name: N) => metrics.read(name, readings[name]);
  for (const name of namesOf(readings)) read(name);
}

/** The series that the console adds up. */
const countedSeries = [
  'http_server_request_duration_seconds',
  'http_server_active_requests',
  'alongside_db_duration_seconds',
  'alongside_rate_limited_total',
] as const;

/** Returns what this process has counted, for the console of another. */
export const countedSamples = (metrics: Metrics<Series>): Promise<readonly Sample[]> =>
  metrics.samples(countedSeries);

/** The series that the console shows besides the gauges. */
const shownSeries = [
  ...countedSeries,
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
] as const;

/** Milliseconds for which the same figures are shown, because reading all histograms blocks the event loop. */
const figuresKept = 2_000;

/** The current values of the metrics, for the console. */
export interface Figures {
  samples: readonly Sample[];
  measuresRequests: boolean;
}

/**
 * Returns a function that reads the figures of the metrics endpoint, or only the gauges without metrics.
 * @param samplesElsewhere returns what other processes of this machine have counted
 */
export function figuresOf(
  readings: GaugeReadings,
  metrics: Metrics<Series> | undefined,
  samplesElsewhere: () => Promise<readonly Sample[]> = async () => [],
): () => Promise<Figures> {
  async function readEach(): Promise<Sample[]> {
    const samples = await Promise.all(
      namesOf(readings).map(async (name) =>
        (await readings[name]()).map(([labels, value]) => ({ name, labels: { ...labels }, value })),
      ),
    );
    return samples.flat();
  }
  const read = async (): Promise<Figures> => ({
    samples: metrics
      ? (
          await Promise.all([metrics.samples([...namesOf(readings), ...shownSeries]), samplesElsewhere()])
        ).flat()
      : await readEach(),
    measuresRequests: metrics !== undefined,
  });
  let last: Promise<Figures> | undefined;
  let readAt = 0;
  return () => {
    const now = performance.now();
    if (!last || now - readAt > figuresKept) {
      readAt = now;
      last = read();
      last.catch(() => {
        last = undefined;
      });
    }
    return last;
  };
}
