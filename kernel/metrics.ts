import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

/** One named series with its labels. */
export interface SeriesDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Label names with a description of their values. Each value is one of a closed list. */
  readonly labels: Readonly<Record<string, string>>;
  /** Maximum number of combinations of labels. Further ones count as `other`. */
  readonly most: number;
}

export type SeriesTable = Readonly<Record<string, SeriesDefinition>>;

type LabelsOf<T extends SeriesTable, N extends keyof T> = { readonly [L in keyof T[N]['labels']]: string };
type NamesOf<T extends SeriesTable, K extends SeriesDefinition['kind']> = {
  [N in keyof T]: T[N]['kind'] extends K ? N : never;
}[keyof T] &
  string;

/** Values of a gauge at one moment. */
export type Readings<T extends SeriesTable, N extends keyof T> = readonly (readonly [
  labels: LabelsOf<T, N>,
  value: number,
])[];

/** Upper bounds in seconds, from the semantic conventions of OpenTelemetry for durations of HTTP. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Maximum number of lines of one scrape. */
export const mostLines = 10_000;
/** Maximum number of lines of the metrics of Node.js. */
const mostLinesOfNode = 200;
/** Gauges of the library with the suffix of counters. Each repeats the sum of a series that stays. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
/** Milliseconds that reading one gauge may take. */
const patience = 2_000;

const linesOf = { counter: 1, gauge: 1, histogram: durationBuckets.length + 3 } as const;

/** Returns the number of lines that a table has at most: HELP and TYPE, then every combination and the one of `other`. */
const mostLinesOf = (table: SeriesTable): number =>
  Object.values(table).reduce((sum, { kind, most }) => sum + 2 + (most + 1) * linesOf[kind], mostLinesOfNode);

/** The combinations of labels of one series that have a separate line. */
class Admitted {
  readonly #names: readonly string[];
  readonly #most: number;
  readonly #sets = new Map<string, Record<string, string>>();
  readonly #others: Record<string, string>;

  constructor({ labels, most }: SeriesDefinition) {
    this.#names = Object.keys(labels);
    this.#most = most;
    this.#others = Object.fromEntries(this.#names.map((name) => [name, 'other']));
  }

  /** Returns the same object for equal labels. */
  of(labels: Readonly<Record<string, string>>): Record<string, string> {
    let key = '';
    for (const name of this.#names) key += `${labels[name]}\0`;
    const known = this.#sets.get(key);
    if (known) return known;
    if (this.#sets.size >= this.#most) return this.#others;
    const made = Object.fromEntries(this.#names.map((name) => [name, labels[name] || 'none']));
    this.#sets.set(key, made);
    return made;
  }
}

type Library = typeof import('prom-client');

/**
 * The metrics of a process, from one table of series. Its callers give closed lists as labels; this class bounds the number of lines
 * whatever they give.
 */
export class Metrics<T extends SeriesTable> {
  readonly #log: Log;
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #admitted = new Map<string, Admitted>();
  readonly #registry: Registry;

  /** Loads the library, which programs without metrics do not need. */
  static async open<T extends SeriesTable>(table: T, log: Log): Promise<Metrics<T>> {
    const { default: library } = await import('prom-client');
    return new Metrics(table, library, log);
  }

  private constructor(
    table: T,
    { Registry, Counter, Gauge, Histogram, collectDefaultMetrics }: Library,
    log: Log,
  ) {
    if (mostLinesOf(table) > mostLines) throw new Error(`The series may have ${mostLinesOf(table)} lines.`);
    this.#log = log;
    this.#registry = new Registry();
    const registers = [this.#registry];
    for (const [name, definition] of Object.entries(table)) {
      const { kind, help, labels } = definition;
      const options = { name, help, labelNames: Object.keys(labels), registers };
      this.#admitted.set(name, new Admitted(definition));
      if (kind === 'counter') this.#counters.set(name, new Counter(options));
      else if (kind === 'gauge') this.#gauges.set(name, new Gauge(options));
      else this.#histograms.set(name, new Histogram({ ...options, buckets: durationBuckets }));
    }
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
  }

  /** Counts something that happened. */
  add<N extends NamesOf<T, 'counter'>>(name: N, labels: LabelsOf<T, N>, amount = 1): void {
    this.#counters.get(name)?.inc(this.#admit(name, labels), amount);
  }

  observe<N extends NamesOf<T, 'histogram'>>(name: N, labels: LabelsOf<T, N>, seconds: number): void {
    this.#histograms.get(name)?.observe(this.#admit(name, labels), seconds);
  }

  /** Reads a gauge at every scrape. If that fails or takes too long, the scrape lacks it. */
  read<N extends NamesOf<T, 'gauge'>>(
    name: N,
    readings: () => Readings<T, N> | Promise<Readings<T, N>>,
  ): void {
    const gauge = this.#gauges.get(name);
    if (!gauge) return;
    Object.assign(gauge, {
      collect: async () => {
        gauge.reset();
        try {
          for (const [labels, value] of await inTime(readings())) gauge.set(this.#admit(name, labels), value);
        } catch (error) {
          this.#log.debug({ series: name, reason: reasonOf(error) }, 'a series could not be read');
        }
      },
    });
  }

  /** Returns a scrape, in the plain format or that of OpenMetrics. */
  async scrape(accept = ''): Promise<{ type: string; body: string }> {
    const body = await this.#registry.metrics();
    return accept.includes('application/openmetrics-text')
      ? { type: openMetricsType, body: asOpenMetrics(body) }
      : { type: this.#registry.contentType, body };
  }

  #admit(name: string, labels: Readonly<Record<string, string>>): Record<string, string> {
    return this.#admitted.get(name)?.of(labels) ?? {};
  }
}

/**
 * Converts a scrape. The library's own conversion renames its counters, also for later scrapes in the plain format. In OpenMetrics the
 * suffix `_total` belongs to the samples of a counter, not to its name.
 */
function asOpenMetrics(plain: string): string {
  const lines = plain.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.filter((line) => / counter$/.test(line)).map((line) => line.split(' ')[2]));
  const converted = lines.map((line) => {
    const [, , name = ''] = line.startsWith('# ') ? line.split(' ', 3) : [];
    return counters.has(name) ? line.replace(name, name.replace(/_total$/, '')) : line;
  });
  return `${converted.join('\n')}\n# EOF\n`;
}

async function inTime<R>(reading: R | Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took over ${patience} ms`)), patience);
  });
  return Promise.race([reading, late]).finally(() => clearTimeout(timer));
}
