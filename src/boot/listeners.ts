import type { RequestObserver } from '@alongside/kernel/activity';
import type { EventRecorder } from '@alongside/kernel/events';
import { healthRoutes, type Readiness } from '@alongside/kernel/health';
import { createListener, type Listener, type ListenerOptions } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { isLoopbackName } from '@alongside/kernel/networks';
import type { TrustedProxies } from '@alongside/kernel/peer';
import { requireOwnPorts } from '@alongside/kernel/port-owner';
import type { RefusalRecorder } from '@alongside/kernel/refusals';
import type { Service } from '../service.ts';
import type { ListenerName, Ports } from './addresses.ts';
import type { Theme } from './theme.ts';
import type { TlsFiles } from './tls.ts';

/** The services of one listener: one, or several that share an origin and differ in the first part of the path. */
export interface Placement {
  listener: ListenerName;
  service: Service;
  log: Log;
}

function merge(placements: readonly Placement[]): Service {
  const services = placements.map(({ service }) => service);
  const [only] = services;
  if (only && services.length === 1) return only;
  if (services.some(({ before }) => before))
    throw new TypeError('A service that answers before its routes has a listener of its own.');
  const malformed = services.find(({ onMalformed }) => onMalformed)?.onMalformed;
  return {
    routes: services.flatMap((service) => service.routes),
    ...(malformed ? { onMalformed: malformed } : {}),
  };
}

interface ListenerSettings {
  ports: Ports;
  /** Whether this process holds the ports until the listeners have started. */
  held: boolean;
  host: string;
  /** Address of the console; the loopback address by default. */
  consoleHost?: string | undefined;
  recorder: Pick<EventRecorder, 'flush'>;
  refusals: RefusalRecorder;
  observer?: RequestObserver | undefined;
  development: boolean;
  proxies: TrustedProxies;
  tls: TlsFiles | undefined;
  theme: Theme;
  /** Public address of each listener. */
  urls: Readonly<Record<keyof Ports, string | undefined>>;
  readiness: Readiness;
}

/** The mutual TLS listeners of these services. */
const withCertificates: Readonly<Partial<Record<ListenerName, keyof Ports>>> = {
  api: 'apiMutualTls',
  apis: 'apisMutualTls',
  cis2: 'cis2MutualTls',
};

interface Plan {
  name: keyof Ports;
  host: string;
  service: Service;
  log: Log;
  proxies: TrustedProxies | undefined;
  tls: ListenerOptions['tls'];
}

/** A browser applies HSTS to a whole host: on loopback it would break every other program of the machine. */
function isHttps(url: string | undefined): boolean {
  const { protocol, hostname } = new URL(url ?? 'http://localhost');
  return protocol === 'https:' && !isLoopbackName(hostname);
}

/**
 * The agent belongs to the workstation and the console to the operator: both listen on this machine only, unless production
 * has a proxy for the console on another one.
 */
const isLocal = (name: ListenerName) => name === 'identityAgent' || name === 'console';
const loopback = '127.0.0.1';

function plansOf(
  placements: readonly Placement[],
  { host, consoleHost = loopback, proxies, tls, readiness }: ListenerSettings,
): Plan[] {
  return [...new Set(placements.map(({ listener }) => listener))].flatMap((name) => {
    const here = placements.filter(({ listener }) => listener === name);
    const [first] = here;
    if (!first) return [];
    // The agent serves the hand-off paths only to its own workstation.
    const merged = merge(here);
    const routes = name === 'identityAgent' ? [] : healthRoutes(readiness);
    const service = { ...merged, routes: [...merged.routes, ...routes] };
    const parts = { service, log: first.log };
    if (name === 'console' && consoleHost !== loopback)
      return [{ name, host: consoleHost, ...parts, proxies, tls: undefined }];
    if (isLocal(name)) return [{ name, host: loopback, ...parts, proxies: undefined, tls: undefined }];
    const clientCertificates = parts.service.clientCertificates ?? false;
    const plain: Plan = { name, host, ...parts, proxies, tls: tls && { ...tls, clientCertificates } };
    const twin = tls && withCertificates[name];
    return twin && tls
      ? [plain, { ...plain, name: twin, tls: { ...tls, clientCertificates: true } }]
      : [plain];
  });
}

/** Starts every listener that has a service. If one cannot start, stops the others again. */
export async function startListeners(
  placements: readonly Placement[],
  settings: ListenerSettings,
): Promise<Listener[]> {
  const started: Listener[] = [];
  const taken: { port: number; service: string }[] = [];
  const hasConsole = placements.some(({ listener }) => listener === 'console');
  try {
    for (const { name, host, service, log, proxies, tls } of plansOf(placements, settings)) {
      const listener = createListener(settings.theme(service.routes), {
        name,
        log,
        flush: settings.recorder.flush,
        isHttps: isHttps(settings.urls[name]),
        refusals: settings.refusals,
        observer: settings.observer,
        development: settings.development,
        errorPages: hasConsole && settings.urls.console ? `${settings.urls.console}/errors/` : undefined,
        ...(proxies ? { proxies } : {}),
        ...(tls ? { tls } : {}),
        ...(service.before ? { before: service.before } : {}),
        ...(service.onMalformed ? { onMalformed: service.onMalformed } : {}),
      });
      const port = await listener.listen(settings.ports[name], host, { held: settings.held });
      started.push(listener);
      taken.push({ port, service: name });
    }
    requireOwnPorts(taken);
  } catch (error) {
    await Promise.all(started.map((listener) => listener.close()));
    throw error;
  }
  return started;
}
