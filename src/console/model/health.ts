import { reasonOf } from '@alongside/kernel/errors';
import type { Sample } from '@alongside/kernel/metrics';
import { counted } from '@alongside/kernel/operator';
import { outbound } from '@alongside/kernel/outbound';
import { z } from 'zod';
import type { ConsoleContext } from './dependencies.ts';

const amount = z.number();
const share = amount.nullable();

/** One address of the installation. */
const part = z.strictObject({
  name: z.string(),
  address: z.string(),
  responds: z.boolean(),
  milliseconds: amount,
  /** Why it does not respond. */
  problem: z.string().nullable(),
});
type HealthPart = z.output<typeof part>;

/**
 * The requests of one listener since the process started. Percentiles are upper bounds, in seconds, and leave out requests that
 * wait on purpose.
 */
const listenerTraffic = z.strictObject({
  service: z.string(),
  active: amount,
  requests: amount,
  /** Answered with a status of 500 or more. */
  failures: amount,
  /** Waited on purpose, such as streams of events. */
  waited: amount,
  p50: share,
  p95: share,
  p99: share,
});

/** A condition of an alert rule that holds now, and the rule that reports it. */
const problem = z.strictObject({ alert: z.string(), text: z.string() });

export const healthReportShape = z
  .strictObject({
    ok: z.boolean(),
    problems: z.array(problem),
    parts: z.array(part),
    checks: z.array(z.strictObject({ name: z.string(), holds: z.boolean() })),
    traffic: z.array(listenerTraffic),
    database: z.strictObject({
      description: z.string(),
      connections: z.record(z.string(), amount).nullable(),
      p99: z.record(z.string(), amount),
    }),
    queues: z.array(z.strictObject({ queue: z.string(), depth: amount, oldestSeconds: share })),
    eventLoop: z.strictObject({ delaySeconds: amount, p99Seconds: share }),
    memoryBytes: share,
    expiries: z.array(
      z.strictObject({
        kind: z.enum(['signing key', 'certificate', 'revocation list']),
        of: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    regularWork: z.array(z.strictObject({ task: z.string(), at: z.iso.datetime() })),
    limits: z.array(z.strictObject({ name: z.string(), perMinute: share, refused: share })),
    /** Whether this process measures requests: the metrics are on. */
    measuresRequests: z.boolean(),
  })
  .meta({ id: 'Health' });
export type HealthReport = z.output<typeof healthReportShape>;

/** Limits of the alert rules in deploy/observability, in seconds. A test compares them. */
export const alertLimits = {
  AlongsideEventLoopSlow: 0.2,
  AlongsideLogoutLate: 300,
  AlongsideSigningKeyWithoutSuccessor: 7 * 86_400,
  AlongsideCertificateExpires: 14 * 86_400,
  AlongsideAuditAnchorLate: 300,
} as const;

/** Samples by name. */
class Figures {
  readonly #samples = new Map<string, Sample[]>();

  constructor(samples: readonly Sample[]) {
    for (const sample of samples) {
      const named = this.#samples.get(sample.name);
      if (named) named.push(sample);
      else this.#samples.set(sample.name, [sample]);
    }
  }

  of(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return (this.#samples.get(name) ?? []).filter((sample) =>
      wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }

  sum(name: string, labels?: Readonly<Record<string, string>>): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  first(name: string): number | null {
    return this.of(name)[0]?.value ?? null;
  }

  /** Returns the upper bound of the bucket in which this share of a histogram ends; null without observations. */
  quantile(name: string, share: number, labels: Readonly<Record<string, string>>): number | null {
    const buckets = new Map<number, number>();
    for (const { labels: own, value } of this.of(`${name}_bucket`, labels)) {
      const bound = own.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(own.le);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
    const all = buckets.get(Number.POSITIVE_INFINITY) ?? 0;
    if (all === 0) return null;
    const bounds = [...buckets].sort(([a], [b]) => a - b);
    const [bound] = bounds.find(([, count]) => count >= share * all) ?? [0];
    // Above the last bound, only that bound is known.
    return Number.isFinite(bound) ? bound : (bounds.at(-2)?.[0] ?? null);
  }

  values(name: string, label: string): string[] {
    return [...new Set(this.of(name).map(({ labels }) => labels[label] ?? ''))];
  }
}

const duration = 'http_server_request_duration_seconds';

function trafficOf(figures: Figures): HealthReport['traffic'] {
  return figures
    .values(`${duration}_count`, 'service')
    .sort()
    .map((service) => ({
      service,
      active: figures.sum('http_server_active_requests', { service }),
      requests: figures.sum(`${duration}_count`, { service }),
      failures: figures
        .of(`${duration}_count`, { service })
        .filter(({ labels }) => labels.http_response_status_code?.startsWith('5'))
        .reduce((sum, { value }) => sum + value, 0),
      waited: figures.sum(`${duration}_count`, { service, waits: 'yes' }),
      p50: figures.quantile(duration, 0.5, { service, waits: 'no' }),
      p95: figures.quantile(duration, 0.95, { service, waits: 'no' }),
      p99: figures.quantile(duration, 0.99, { service, waits: 'no' }),
    }));
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const expirySeries = [
  ['signing key', 'alongside_signing_key_expiry_timestamp_seconds'],
  ['certificate', 'alongside_certificate_expiry_timestamp_seconds'],
  ['revocation list', 'alongside_crl_expiry_timestamp_seconds'],
] as const;

const expiriesOf = (figures: Figures): HealthReport['expiries'] =>
  expirySeries
    .flatMap(([kind, name]) =>
      figures.of(name).map(({ labels, value }) => ({
        kind,
        of: labels.service === 'alongside' ? String(labels.use) : `${labels.service}, ${labels.use}`,
        at: iso(value),
      })),
    )
    .sort((a, b) => a.at.localeCompare(b.at));

const partTimeout = 2_000;

async function examine(name: string, address: string): Promise<HealthPart> {
  const began = performance.now();
  let problem: string | null = null;
  try {
    const answer = await outbound(
      `${address}/healthz`,
      { privateAddresses: true },
      { method: 'GET', milliseconds: partTimeout, purpose: 'other' },
    );
    if (answer.status !== 200) problem = `It answered ${answer.status}.`;
  } catch (error) {
    problem = reasonOf(error);
  }
  return {
    name,
    address,
    problem,
    responds: problem === null,
    milliseconds: Math.round(performance.now() - began),
  };
}

/** Examines the addresses of the services that this installation has. */
function partsOf({ urls, development }: Pick<ConsoleContext, 'urls' | 'development'>): Promise<HealthPart[]> {
  const parts: readonly (readonly [name: string, address: string])[] = [
    ['API platform', urls.api],
    ...(urls.apis === urls.api ? [] : ([['Added APIs', urls.apis]] as const)),
    ['CIS2', urls.cis2],
    ['CIS', urls.cis],
    ...(development
      ? ([
          ['Identity Agent', urls.identityAgent],
          ['Sample application', urls.sample],
        ] as const)
      : []),
  ];
  return Promise.all(parts.map(([name, address]) => examine(name, address)));
}

interface Seen {
  figures: Figures;
  parts: readonly HealthPart[];
  /** Seconds of the clock by which keys expire, and of the machine's. */
  now: number;
  real: number;
}

const days = (seconds: number): string =>
  seconds < 0 ? 'has ended' : `ends in ${counted(Math.floor(seconds / 86_400), 'day')}`;

const minutes = (seconds: number): string => counted(Math.round(seconds / 60), 'minute');

/** The texts of each alert for the figures that are beyond its limit. */
const alerts: Readonly<Record<string, (seen: Seen) => readonly string[]>> = {
  AlongsideDown: ({ parts }) =>
    parts
      .filter(({ responds }) => !responds)
      .map(({ name, problem }) => `${name} does not respond: ${problem}`),
  AlongsideNotReady: ({ figures }) =>
    figures
      .of('alongside_ready')
      .filter(({ value }) => value === 0)
      .map(({ labels }) => `The check "${labels.check}" of /readyz fails.`),
  AlongsideEventLoopSlow({ figures }) {
    const delay = Math.max(
      figures.first('alongside_event_loop_delay_seconds') ?? 0,
      figures.first('nodejs_eventloop_lag_p99_seconds') ?? 0,
    );
    const isSlow = delay > alertLimits.AlongsideEventLoopSlow;
    return isSlow ? [`The event loop is ${delay.toFixed(2)} s late.`] : [];
  },
  AlongsideDatabasePoolWaiting({ figures }) {
    const waiting = figures.sum('alongside_db_pool', { state: 'waiting' });
    return waiting > 0 ? [`Waiting for a database connection: ${counted(waiting, 'request')}.`] : [];
  },
  AlongsideLogoutLate: ({ figures }) =>
    figures
      .of('alongside_queue_oldest_seconds')
      .filter(({ labels }) => /logout|session-ended/.test(labels.queue ?? ''))
      .filter(({ value }) => value > alertLimits.AlongsideLogoutLate)
      .map(({ labels, value }) => `A message of the queue ${labels.queue} has waited for ${minutes(value)}.`),
  AlongsideSigningKeyWithoutSuccessor: ({ figures, now }) =>
    figures
      .of('alongside_signing_key_expiry_timestamp_seconds')
      .filter(({ value }) => value - now < alertLimits.AlongsideSigningKeyWithoutSuccessor)
      .map(({ labels, value }) => `The last ${labels.use} key of ${labels.service} ${days(value - now)}.`),
  AlongsideCertificateExpires: ({ figures, real }) =>
    figures
      .of('alongside_certificate_expiry_timestamp_seconds')
      .filter(({ value }) => value - real < alertLimits.AlongsideCertificateExpires)
      .map(({ labels, value }) => `The certificate of ${labels.use} ${days(value - real)}.`),
  AlongsideRevocationListOverdue: ({ figures, real }) =>
    figures
      .of('alongside_crl_expiry_timestamp_seconds')
      .filter(({ value }) => value < real)
      .map(() => 'The revocation list of clients is overdue.'),
  AlongsideAuditAnchorLate: ({ figures, real }) =>
    figures
      .of('alongside_regular_work_timestamp_seconds', { task: 'core.audit-chains' })
      .slice(0, 1)
      .filter(({ value }) => real - value > alertLimits.AlongsideAuditAnchorLate)
      .map(({ value }) => `The audit log was last anchored ${minutes(real - value)} ago.`),
};

const problemsOf = (seen: Seen): HealthReport['problems'] =>
  Object.entries(alerts).flatMap(([alert, textsOf]) => textsOf(seen).map((text) => ({ alert, text })));

const limitNames: Readonly<Record<string, string>> = {
  requests: 'Unauthenticated requests of one network',
  failures: 'Failed authentications of one network',
  rows: 'Rows that one network may create before a sign-in',
};

/** Limits on unauthenticated requests, and the requests that each limit refused. */
function limitsOf(
  figures: Figures,
  { networkLimits }: Pick<ConsoleContext, 'networkLimits'>,
  counts: boolean,
) {
  const configured = Object.entries(networkLimits ?? {}).map(([name, perMinute]) => ({
    name: limitNames[name] ?? name,
    perMinute,
    refused: null,
  }));
  const refused = figures
    .of('alongside_rate_limited_total')
    .map(({ labels, value }) => ({ name: String(labels.scope), perMinute: null, refused: value }));
  return [...configured, ...(counts ? refused : [])];
}

/** Reads the figures of the metrics endpoint, examines the parts, and names the problems. */
export async function healthReport(
  console: Pick<ConsoleContext, 'figures' | 'urls' | 'development' | 'database' | 'networkLimits' | 'clock'>,
): Promise<HealthReport> {
  const [{ samples, measuresRequests }, parts] = await Promise.all([console.figures(), partsOf(console)]);
  const figures = new Figures(samples);
  const { now, real } = console.clock.reading();
  const problems = problemsOf({ figures, parts, now: now / 1000, real: real / 1000 });
  const operations = figures.values('alongside_db_duration_seconds_count', 'operation');
  const pool = figures.of('alongside_db_pool');
  const oldest = new Map(
    figures.of('alongside_queue_oldest_seconds').map(({ labels, value }) => [labels.queue, value]),
  );
  return {
    ok: problems.length === 0,
    problems,
    parts,
    checks: figures
      .of('alongside_ready')
      .map(({ labels, value }) => ({ name: String(labels.check), holds: value === 1 })),
    traffic: trafficOf(figures),
    database: {
      description: console.database.description,
      connections:
        pool.length === 0
          ? null
          : Object.fromEntries(pool.map(({ labels, value }) => [String(labels.state), value])),
      p99: Object.fromEntries(
        operations.map((operation) => [
          operation,
          figures.quantile('alongside_db_duration_seconds', 0.99, { operation }) ?? 0,
        ]),
      ),
    },
    queues: figures.of('alongside_queue_depth').map(({ labels, value }) => ({
      queue: String(labels.queue),
      depth: value,
      oldestSeconds: oldest.get(labels.queue) ?? null,
    })),
    eventLoop: {
      delaySeconds: figures.first('alongside_event_loop_delay_seconds') ?? 0,
      // Zero right after it was read: nothing was measured since.
      p99Seconds: figures.first('nodejs_eventloop_lag_p99_seconds') || null,
    },
    memoryBytes: figures.first('process_resident_memory_bytes'),
    expiries: expiriesOf(figures),
    regularWork: figures
      .of('alongside_regular_work_timestamp_seconds')
      .map(({ labels, value }) => ({ task: String(labels.task), at: iso(value) })),
    limits: limitsOf(figures, console, measuresRequests),
    measuresRequests,
  };
}
