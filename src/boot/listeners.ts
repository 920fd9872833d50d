import type { EventRecorder } from '@alongside/kernel/events';
import { createListener, type HttpRequest, type Listener, plainError } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { Service } from '../service.ts';
import type { ListenerName, Ports } from './ports.ts';

/** What one listener serves: a service, or several that share an origin and are told apart by their first path. */
export interface Placement {
  listener: ListenerName;
  service: Service;
  log: Log;
}

function merge(placements: readonly Placement[]): Service {
  const services = placements.map(({ service }) => service);
  const [only] = services;
  if (only && services.length === 1) return only;
  const owners = services.map((service) => ({
    service,
    prefixes: service.routes.map((route) => route.path.split('/')[1] ?? ''),
  }));
  const ownerOf = (request: HttpRequest) =>
    owners.find(({ prefixes }) => prefixes.includes(request.path.split('/')[1] ?? ''))?.service;
  return {
    routes: services.flatMap((service) => service.routes),
    before: (request) => ownerOf(request)?.before?.(request),
    onError: (thrown, request) => (ownerOf(request)?.onError ?? plainError)(thrown, request),
  };
}

/** Starts every listener that has something to serve. When one cannot start, those that did are stopped again. */
export async function startListeners(
  placements: readonly Placement[],
  options: { ports: Ports; host: string; recorder: EventRecorder },
): Promise<Listener[]> {
  const started: Listener[] = [];
  try {
    for (const name of new Set(placements.map((placement) => placement.listener))) {
      const here = placements.filter((placement) => placement.listener === name);
      const service = merge(here);
      const log = here[0]?.log;
      if (!log) continue;
      const listener = createListener(service.routes, {
        name,
        log,
        flush: () => options.recorder.flush(),
        ...(service.before ? { before: (request) => service.before?.(request) } : {}),
        ...(service.onError
          ? {
              onError: (thrown, request) => service.onError?.(thrown, request) ?? plainError(thrown, request),
            }
          : {}),
      });
      // The agent belongs to the desk and the console to the operator: neither listens beyond this machine.
      const local = name === 'identityAgent' || name === 'console';
      await listener.listen(options.ports[name], local ? '127.0.0.1' : options.host);
      started.push(listener);
    }
  } catch (error) {
    await Promise.all(started.map((listener) => listener.close()));
    throw error;
  }
  return started;
}
