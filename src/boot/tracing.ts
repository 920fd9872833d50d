import type { RequestObserver } from '@alongside/kernel/activity';
import type { Log } from '@alongside/kernel/log';
import type { Config } from '../config.ts';
import { tracingSettings } from './tracing/settings.ts';

/** The traces of this process. */
export interface Tracing {
  observer: RequestObserver;
  stop(): Promise<void>;
}

/** Sends traces if an endpoint is set. Otherwise the SDK, 30 MB of memory and 0.1 s of the start, is not loaded. */
export async function startTracing(
  { otlpEndpoint }: Pick<Config, 'otlpEndpoint'>,
  log: Log,
): Promise<Tracing | undefined> {
  const settings = tracingSettings(otlpEndpoint);
  if (!settings) return undefined;
  for (const warning of settings.warnings) log.warn({}, warning);
  const [{ createTracers }, { requestSpans, traceOutboundCalls }] = await Promise.all([
    import('./tracing/provider.ts'),
    import('./tracing/spans.ts'),
  ]);
  const tracers = createTracers(settings, log);
  const untrace = traceOutboundCalls(tracers);
  return {
    observer: requestSpans(tracers),
    async stop() {
      untrace();
      await tracers.stop();
    },
  };
}
