import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock } from '@alongside/kernel/clock';
import type { Readiness } from '@alongside/kernel/health';
import { rotationSchedule } from '@alongside/kernel/keys';
import type { Metrics } from '@alongside/kernel/metrics';
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

/** Makes every scrape read readiness, queues, connections, expiry and the clock. */
export function readGauges(metrics: Metrics<Series>, sources: GaugeSources): void {
  const { config, core, readiness, live, completed } = sources;
  const { database, clock, recorder } = core;
  metrics.read('alongside_build_info', () => [
    [{ version, commit: release.commitId, node: process.version }, 1],
  ]);
  metrics.read('alongside_clock_timestamp_seconds', () => [[{}, seconds(systemClock.now())]]);
  metrics.read('alongside_ready', async () => {
    const failed = await readiness.failed();
    return readiness.names.map((check) => [{ service, check }, failed.includes(check) ? 0 : 1] as const);
  });
  metrics.read('alongside_db_pool', () =>
    Object.entries(database.pool?.() ?? {}).map(([state, count]) => [{ state }, count] as const),
  );
  metrics.read('alongside_queue_depth', async () => {
    const unsealed = await database.get<{ depth: number }>(
      sql('SELECT COUNT(*) AS depth FROM audit_unsealed'),
    );
    return [
      ...(await queues(database)).map(({ topic, depth }) => [{ queue: topic }, Number(depth)] as const),
      [{ queue: 'events' }, recorder.waiting],
      [{ queue: 'audit' }, Number(unsealed?.depth ?? 0)],
    ];
  });
  metrics.read('alongside_queue_oldest_seconds', async () =>
    (await queues(database)).map(
      ({ topic, oldest }) => [{ queue: topic }, seconds(clock.now() - Number(oldest))] as const,
    ),
  );
  metrics.read('alongside_signing_key_expiry_timestamp_seconds', () => keyEnds(sources));
  metrics.read('alongside_certificate_expiry_timestamp_seconds', () => certificateEnds(config, live));
  metrics.read('alongside_crl_expiry_timestamp_seconds', () => {
    const next = live.clientRevocations?.nextUpdate;
    return next === undefined ? [] : [[{ service, use: 'clients' }, seconds(next)]];
  });
  metrics.read('alongside_regular_work_timestamp_seconds', () =>
    [...completed].map(([task, at]) => [{ task }, seconds(at)] as const),
  );
}
