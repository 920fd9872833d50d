import { Answer } from '@alongside/kernel/answer';
import { createListener, type Listener, plainError } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { Metrics } from '@alongside/kernel/metrics';
import { isLoopbackName } from '@alongside/kernel/networks';
import { OperatorError } from '@alongside/kernel/operator';
import { route } from '@alongside/kernel/route';
import type { Config } from '../../config.ts';
import type { Series } from './series.ts';

/** Usual port of the metrics of `up`. */
const defaultPort = 9464;
const defaultHost = '127.0.0.1';

interface MetricsPort {
  port: number;
  /** Whether the operator set it, so that the instance must not start without it. */
  isSet: boolean;
}

/** Returns the port of the metrics: off in production unless it is set. */
export function metricsPortOf(
  { metricsPort, portBase }: Config,
  development: boolean,
): MetricsPort | undefined {
  if (metricsPort === 'off') return undefined;
  if (metricsPort !== undefined) return { port: metricsPort, isSet: true };
  // Several instances with free ports run at once.
  return development ? { port: portBase === 0 ? 0 : defaultPort, isSet: false } : undefined;
}

/** Whether a request names this machine. A website that rebinds its own name to loopback sends that name. */
const isForThisMachine = (host = ''): boolean => isLoopbackName(URL.parse(`http://${host}`)?.hostname ?? '');

/** Serves `GET /metrics`, at a free port if the usual one is in use. Throws OperatorError if one that was set is. */
export async function startMetricsListener(
  metrics: Pick<Metrics<Series>, 'scrape'>,
  { port, isSet }: MetricsPort,
  { host, log }: { host: string; log: Log },
): Promise<{ listener: Listener; url: string }> {
  const listener = createListener(
    route('/metrics', {
      GET: {
        async endpoint({ headers }) {
          if (isLoopbackName(host) && !isForThisMachine(headers.host))
            return new Answer(421, { 'content-type': 'text/plain' }, 'Use a name of this machine.\n');
          const { type, body } = await metrics.scrape(headers.accept);
          return new Answer(200, { 'content-type': type }, body);
        },
        errors: plainError,
      },
    }),
    { name: 'metrics', flags: { port: '--metrics-port', host: '--metrics-host' }, log },
  );
  const name = host.includes(':') ? `[${host}]` : host;
  const at = (taken: number) => ({ listener, url: `http://${name}:${taken}/metrics` });
  try {
    return at(await listener.listen(port, host));
  } catch (error) {
    if (isSet || host !== defaultHost || !(error instanceof OperatorError)) throw error;
    // Another instance has it.
    return at(await listener.listen(0, host));
  }
}
