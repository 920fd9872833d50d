import { randomUUID } from 'node:crypto';
import type { Log } from '@alongside/kernel/log';
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { version } from '../../version.ts';
import type { TracingSettings } from './settings.ts';

/** Milliseconds for the last spans of a stopping process: a collector that is away would hold it for eight seconds. */
const lastSpans = 2_000;

/** The tracers of a process, one for each of its services. */
export interface Tracers {
  of(service: string): Tracer;
  /** Sends the last spans, if the collector accepts them in time. */
  stop(): Promise<void>;
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const [name = '', isParentBased] = sampler.startsWith('parentbased_')
    ? [sampler.slice('parentbased_'.length), true]
    : [sampler, false];
  const root = rootSampler(name, ratio);
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
}

/** Logs the first of several failures in a row, and that spans are sent again. */
function logged(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed && !isFailing)
          log.warn({ reason: result.error?.message ?? 'unknown' }, 'traces could not be sent');
        if (!failed && isFailing) log.info({}, 'traces are sent again');
        isFailing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** Creates the tracers. The exporter reads its other settings (`OTEL_EXPORTER_OTLP_*`) from the environment. */
export function createTracers(settings: TracingSettings, log: Log): Tracers {
  const { url, batch } = settings;
  const exporter = new OTLPTraceExporter(url === undefined ? {} : { url });
  const given = Object.entries({
    scheduledDelayMillis: batch.delay,
    exportTimeoutMillis: batch.timeout,
    maxQueueSize: batch.queue,
    maxExportBatchSize: batch.size,
  }).filter(([, value]) => value !== undefined);
  const processor = new BatchSpanProcessor({ exporter: logged(exporter, log), ...Object.fromEntries(given) });
  const sampler = samplerOf(settings);
  const detected = detectResources({ detectors: [envDetector] });
  const instance = randomUUID();
  const tracers = new Map<string, Tracer>();
  return {
    of(service) {
      let tracer = tracers.get(service);
      if (!tracer) {
        // A viewer draws the services of a journey apart, unless the operator named this process.
        const own = resourceFromAttributes({
          'service.name': service === 'alongside' ? service : `alongside-${service}`,
          'service.version': version,
          'service.instance.id': instance,
        });
        const provider = new TracerProvider({
          sampler,
          resource: own.merge(detected),
          spanProcessors: [processor],
        });
        tracer = provider.getTracer('alongside', version);
        tracers.set(service, tracer);
      }
      return tracer;
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          log.warn({}, 'the last traces could not be sent in time');
          resolve();
        }, lastSpans);
      });
      await Promise.race([processor.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}
