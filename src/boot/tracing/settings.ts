import { environment } from '@alongside/kernel/operator';

/** Settings from variables of OpenTelemetry that the SDK does not read. */
export interface TracingSettings {
  /** The address for spans; undefined if the exporter reads it from its variables. */
  readonly url: string | undefined;
  /** `OTEL_TRACES_SAMPLER` and its argument. */
  readonly sampler: string;
  readonly ratio: number;
  /** Batches, in milliseconds and spans; undefined for the default of the SDK. */
  readonly batch: Readonly<Record<'delay' | 'timeout' | 'queue' | 'size', number | undefined>>;
  /** Sentences about variables that have no effect. */
  readonly warnings: readonly string[];
}

const samplers: ReadonlySet<string> = new Set(
  ['always_on', 'always_off', 'traceidratio'].flatMap((name) => [name, `parentbased_${name}`]),
);
const defaultSampler = 'parentbased_always_on';

/**
 * Returns how to send traces; undefined unless an endpoint is set: `--otlp-endpoint`, `OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
 */
export function tracingSettings(
  endpoint: string | undefined,
  variables: Readonly<Record<string, string | undefined>> = environment(),
): TracingSettings | undefined {
  const set = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const isOff = set('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || set('OTEL_TRACES_EXPORTER') === 'none';
  const address = endpoint ?? set('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? set('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (isOff || address === undefined) return undefined;

  const warnings: string[] = [];
  if (!/^https?:\/\//.test(address))
    warnings.push(
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://127.0.0.1:4318: traces are lost.',
    );
  const whole = (name: string): number | undefined => {
    const text = set(name);
    if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
    warnings.push(`${name} is not a whole number, so it has no effect.`);
    return undefined;
  };
  const protocol = set('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? set('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/protobuf')
    warnings.push(
      `Traces are sent by http/protobuf, not ${protocol}. Use the port of the collector for HTTP, usually 4318.`,
    );
  const named = set('OTEL_TRACES_SAMPLER') ?? defaultSampler;
  const sampler = samplers.has(named) ? named : defaultSampler;
  if (sampler !== named) warnings.push(`OTEL_TRACES_SAMPLER ${named} is unknown: using ${defaultSampler}.`);
  const ratio = Number(set('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) warnings.push('OTEL_TRACES_SAMPLER_ARG is not from 0 to 1: using 1.');
  return {
    url: endpoint && `${endpoint}/v1/traces`,
    sampler,
    ratio: isRatio ? ratio : 1,
    batch: {
      delay: whole('OTEL_BSP_SCHEDULE_DELAY'),
      timeout: whole('OTEL_BSP_EXPORT_TIMEOUT'),
      queue: whole('OTEL_BSP_MAX_QUEUE_SIZE'),
      size: whole('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    },
    warnings,
  };
}
