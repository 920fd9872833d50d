import type { Gauge, Registry } from 'prom-client';
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

/** One value of a series. A histogram has several: its buckets, sum and count. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Upper bounds in seconds, from the semantic conventions of OpenTelemetry for durations of HTTP. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Maximum number of lines of one scrape. */
export const maxLines = 10_000;
/** Maximum number of lines of the metrics of Node.js. */
const maxLinesOfNode = 200;
/** Gauges of the library with the suffix of counters. Each repeats the sum of a series that stays. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const plainType = 'text/plain; version=0.0.4; charset=utf-8';
/** Milliseconds that reading one gauge may take. */
const readTimeout = 2_000;

const linesOf = { counter: 1, gauge: 1, histogram: durationBuckets.length + 3 } as const;

/** Returns the number of lines that a table has at most: HELP and TYPE, then every combination and the one of `other`. */
const maxLinesOf = (table: SeriesTable): number =>
  Object.values(table).reduce((sum, { kind, most }) => sum + 2 + (most + 1) * linesOf[kind], maxLinesOfNode);

/** One combination of labels and what was counted for it. */
interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  /** The value of a counter, or the sum of a histogram. */
  sum: number;
  /** Values of a histogram in each of its buckets; the last one has those above every bound. */
  readonly counts: number[];
}

/** The combinations that have equal values of the first labels. */
interface Branch {
  readonly next: Map<string, Branch>;
  cell?: Cell;
}

/**
 * The combinations of labels of one series that have a separate line. The library would build and hash a text of the labels for each
 * value; a walk along the labels takes a fraction of that, so values are counted here and the library gets them at a scrape.
 */
class Cells {
  /** In order of their first use. */
  readonly used: Cell[] = [];
  readonly #names: readonly string[];
  readonly #most: number;
  readonly #root: Branch = { next: new Map() };
  #others: Cell | undefined;

  constructor({ labels, most }: SeriesDefinition) {
    this.#names = Object.keys(labels);
    this.#most = most;
  }

  of(labels: Readonly<Record<string, string>>): Cell {
    let branch: Branch | undefined = this.#root;
    for (const name of this.#names) {
      branch = branch.next.get(labels[name] || 'none');
      if (branch === undefined) break;
    }
    return branch?.cell ?? this.#admit(labels);
  }

  #admit(labels: Readonly<Record<string, string>>): Cell {
    if (this.used.length >= this.#most) {
      this.#others ??= this.#use(() => 'other');
      return this.#others;
    }
    const cell = this.#use((name) => labels[name] || 'none');
    let branch = this.#root;
    for (const value of Object.values(cell.labels)) {
      const next = branch.next.get(value) ?? { next: new Map() };
      branch.next.set(value, next);
      branch = next;
    }
    branch.cell = cell;
    return cell;
  }

  #use(value: (name: string) => string): Cell {
    const labels = Object.fromEntries(this.#names.map((name) => [name, value(name)]));
    const cell = { labels, sum: 0, counts: new Array<number>(durationBuckets.length + 1).fill(0) };
    this.used.push(cell);
    return cell;
  }
}

/** Returns the lines of a histogram: every bucket with the values of the smaller ones, then sum and count. */
function histogramLines(name: string, { labels: sharedLabels, sum, counts }: Cell) {
  let count = 0;
  const buckets = [...durationBuckets, '+Inf'].map((le, index) => {
    count += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ];
}

type Library = typeof import('prom-client');

/**
 * The metrics of a process, from one table of series. Its callers give closed lists as labels; this class bounds the number of lines
 * whatever they give.
 */
export class Metrics<T extends SeriesTable> {
  readonly #log: Log;
  readonly #gauges = new Map<string, Gauge>();
  readonly #cells = new Map<string, Cells>();
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
    if (maxLinesOf(table) > maxLines) throw new Error(`The series may have ${maxLinesOf(table)} lines.`);
    this.#log = log;
    this.#registry = new Registry();
    const registers = [this.#registry];
    for (const [name, definition] of Object.entries(table)) {
      const { kind, help, labels } = definition;
      const options = { name, help, labelNames: Object.keys(labels), registers };
      const cells = new Cells(definition);
      this.#cells.set(name, cells);
      if (kind === 'gauge') this.#gauges.set(name, new Gauge(options));
      else if (kind === 'counter')
        new Counter({
          ...options,
          collect() {
            this.reset();
            for (const { labels: values, sum } of cells.used) this.inc(values, sum);
          },
        });
      else
        Object.assign(new Histogram(options), {
          getForPromString: async () => ({
            name,
            help,
            type: kind,
            values: cells.used.flatMap((cell) => histogramLines(name, cell)),
          }),
        });
    }
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
  }

  /** Counts something that happened. */
  add<N extends NamesOf<T, 'counter'>>(name: N, labels: LabelsOf<T, N>): void {
    const cell = this.#cells.get(name)?.of(labels);
    if (cell) cell.sum += 1;
  }

  observe<N extends NamesOf<T, 'histogram'>>(name: N, labels: LabelsOf<T, N>, seconds: number): void {
    const cell = this.#cells.get(name)?.of(labels);
    if (!cell) return;
    let bucket = 0;
    while (seconds > (durationBuckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
    cell.sum += seconds;
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
          for (const [labels, value] of await inTime(readings()))
            gauge.set(this.#cells.get(name)?.of(labels).labels ?? {}, value);
        } catch (error) {
          this.#log.debug({ series: name, reason: reasonOf(error) }, 'a series could not be read');
        }
      },
    });
  }

  /** Returns the values of these series, also those of Node.js, as a scrape has them. */
  async samples(names: readonly string[]): Promise<Sample[]> {
    const found = await Promise.all(
      names.map(async (name): Promise<Sample[]> => {
        const metric = await this.#registry.getSingleMetric(name)?.get();
        return (metric?.values ?? []).map((one) => ({
          name: ('metricName' in one && typeof one.metricName === 'string' && one.metricName) || name,
          labels: Object.fromEntries(
            Object.entries(one.labels).map(([label, value]) => [label, String(value)]),
          ),
          value: one.value,
        }));
      }),
    );
    return found.flat();
  }

  /** Returns a scrape, in the plain format or that of OpenMetrics. */
  async scrape(accept = ''): Promise<{ type: string; body: string }> {
    return formatScrape(await this.#registry.metrics(), accept);
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

/** Returns a scrape of the plain format in the format that the scraper asks for. */
export const formatScrape = (plain: string, accept = ''): { type: string; body: string } =>
  accept.includes('application/openmetrics-text')
    ? { type: openMetricsType, body: asOpenMetrics(plain) }
    : { type: plainType, body: plain };

async function inTime<R>(reading: R | Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took over ${readTimeout} ms`)), readTimeout);
  });
  return Promise.race([reading, late]).finally(() => clearTimeout(timer));
}
